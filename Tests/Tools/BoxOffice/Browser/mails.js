// Measures mails in frames of this page. Each mail is shown as a mail reader would show it that …
//   applies every rule; drops <style>; darkens the backgrounds that an element declares; inverts all colours.
// arguments: the mails {name, html}, the colour scheme that the browser prefers, and the callback of Selenium, which
// gets the problems {mail, view, problem}.
const [mails, scheme, done] = arguments;
const widths = [320, 390, 1200];

const channels = text => text.match(/[\d.]+/g).map(Number);
const clamp = value => Math.min(255, Math.max(0, value));
const luminance = colour => {
    const [r, g, b] = colour.map(value => value / 255).map(value => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (one, other) => {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
};
const inverted = colour => colour.map(value => 255 - value);
// filter: hue-rotate(180deg)
const rotated = ([r, g, b]) => [-0.574 * r + 1.43 * g + 0.144 * b, 0.426 * r + 0.43 * g + 0.144 * b, 0.426 * r + 1.43 * g - 0.856 * b].map(clamp);
const darkened = colour => (luminance(colour) > 0.2 ? colour.map(value => value * 0.12) : colour);
const lightened = colour => (luminance(colour) < 0.5 ? colour.map(value => 255 - (255 - value) * 0.3) : colour);

// The nearest element, from this one up, of which `test` is true.
const nearest = (element, test) => {
    while (element && !test(element)) element = element.parentElement;
    return element;
};
const hasBackground = view => element => {
    const colour = channels(view.getComputedStyle(element).backgroundColor);
    return colour.length === 3 || colour[3] === 1;
};

// Text and background of an element, as they are.
const colours = (element, view, canvas) => {
    const backed = nearest(element, hasBackground(view));
    return {
        text: channels(view.getComputedStyle(element).color).slice(0, 3),
        background: backed ? channels(view.getComputedStyle(backed).backgroundColor).slice(0, 3) : canvas,
    };
};

// In a reader that darkens the backgrounds that elements declare, and lightens a text only where the element that
// declares its colour declares a background, too.
const coloursInDark = (element, view, canvas) => {
    const found = colours(element, view, canvas);
    const coloured = nearest(element, candidate => candidate.style.color !== "");
    const isPair = !coloured || coloured.style.background !== "" || coloured.style.backgroundColor !== "";
    return { text: isPair ? lightened(found.text) : found.text, background: darkened(found.background) };
};

const contrastProblems = (frame, find) => {
    const view = frame.contentWindow, page = frame.contentDocument;
    const probe = page.body.appendChild(page.createElement("i"));
    probe.style.backgroundColor = "Canvas";
    const canvas = channels(view.getComputedStyle(probe).backgroundColor).slice(0, 3);
    probe.remove();
    const problems = new Set();
    const texts = page.createTreeWalker(page.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const element = texts.currentNode.parentElement;
        if (!texts.currentNode.data.trim() || !element.checkVisibility()) continue;
        const style = view.getComputedStyle(element);
        const size = parseFloat(style.fontSize);
        const needed = size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5;
        const { text, background } = find(element, view, canvas);
        const measured = contrast(text, background);
        if (!(measured >= needed)) {
            problems.add(`contrast ${measured.toFixed(2)} of rgb(${text.map(Math.round)}) on rgb(${background.map(Math.round)}): `
                + `"${texts.currentNode.data.trim().slice(0, 40)}"`);
        }
        if (size < 13) problems.add(`${size} px: "${texts.currentNode.data.trim().slice(0, 40)}"`);
    }
    return problems;
};

const overflowProblems = frame => {
    const page = frame.contentDocument, width = page.documentElement.clientWidth;
    const problems = new Set();
    if (page.documentElement.scrollWidth > width) problems.add(`is ${page.documentElement.scrollWidth} px wide`);
    for (const element of page.body.querySelectorAll("*")) {
        const box = element.getBoundingClientRect();
        if (box.right > width + 0.5 || box.left < -0.5) {
            problems.add(`<${element.localName}> reaches from ${box.left.toFixed()} to ${box.right.toFixed()} px: "${element.textContent.trim().slice(0, 40)}"`);
            break;
        }
    }
    return problems;
};

const show = (frame, html) => new Promise(resolve => {
    frame.onload = resolve;
    frame.srcdoc = html;
});

const measure = async ({ name, html }, frame) => {
    const problems = [];
    const add = (view, found) => found.forEach(problem => problems.push({ mail: name, view: `${scheme}, ${view}`, problem }));
    const addWidths = view => widths.forEach(width => {
        frame.style.width = `${width}px`;
        add(`${view}, ${width} px`, overflowProblems(frame));
    });
    await show(frame, html);
    const page = frame.contentDocument;
    if (!page.body.textContent.trim()) add("as it is", ["is empty"]);
    const behind = channels(frame.contentWindow.getComputedStyle(page.body).backgroundColor);
    if ((luminance(behind) < 0.2) !== (scheme === "dark")) add("as it is", [`has the background rgb(${behind})`]);
    if (scheme === "light") addWidths("as it is");
    add("as it is", contrastProblems(frame, colours));
    if (scheme === "light") {
        add("inverted", contrastProblems(frame, (...place) => {
            const { text, background } = colours(...place);
            return { text: inverted(text), background: inverted(background) };
        }));
        add("inverted with its hues", contrastProblems(frame, (...place) => {
            const { text, background } = colours(...place);
            return { text: rotated(inverted(text)), background: rotated(inverted(background)) };
        }));
    }
    frame.contentDocument.querySelectorAll("style").forEach(style => style.remove());
    if (scheme === "light") addWidths("without <style>");
    add("without <style>", contrastProblems(frame, colours));
    add("backgrounds darkened", contrastProblems(frame, coloursInDark));
    return problems;
};

(async () => {
    const frame = document.body.appendChild(document.createElement("iframe"));
    frame.style.cssText = "border:0;height:4000px";
    const problems = [];
    for (const mail of mails) problems.push(...await measure(mail, frame));
    frame.remove();
    done(problems);
})().catch(error => done([{ mail: "", view: "", problem: `${error}` }]));
