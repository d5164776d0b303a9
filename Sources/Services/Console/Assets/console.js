"use strict";
// The pages are complete without this: it shows times in the browser's zone and fetches a page again while it is looked at.
(() => {
    const local = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });

    const showTimes = (root) => {
        for (const time of root.querySelectorAll("time[datetime]")) {
            const instant = new Date(time.dateTime);
            if (isNaN(instant)) continue;
            time.title = time.dateTime.replace("T", " ").replace("Z", " UTC");
            time.textContent = local.format(instant);
        }
    };

    const isBusy = () => {
        const active = document.activeElement;
        return active && active.closest("form, details, summary") || document.querySelector("main details[open]") || String(getSelection());
    };

    // The whole page is fetched and its content put in place of the present one, so that there is one way to show a thing.
    const reload = async (main) => {
        if (document.hidden || isBusy()) return main;
        try {
            const response = await fetch(location.href, { headers: { accept: "text/html" }, signal: AbortSignal.timeout(8000) });
            if (response.redirected || !response.ok) return main;
            const page = new DOMParser().parseFromString(await response.text(), "text/html");
            const fresh = page.querySelector("main");
            if (!fresh || isBusy()) return main;
            showTimes(fresh);
            const [left, top] = [scrollX, scrollY];
            const link = document.activeElement && main.contains(document.activeElement) && document.activeElement.getAttribute("href");
            main.replaceWith(fresh);
            document.title = page.title;
            scrollTo(left, top);
            if (link) fresh.querySelector(`a[href="${CSS.escape(link)}"]`)?.focus({ preventScroll: true });
            return fresh;
        } catch {
            return main;
        }
    };

    const watch = (main) => {
        const seconds = Number(main.dataset.reload);
        if (seconds) setTimeout(async () => watch(await reload(main)), seconds * 1000 * (0.9 + Math.random() / 5));
    };

    // A form is sent once, however often its button is pressed.
    addEventListener("submit", (event) => {
        if (event.target.dataset.sent) event.preventDefault();
        event.target.dataset.sent = "yes";
    });
    addEventListener("pageshow", () => { for (const form of document.forms) delete form.dataset.sent; });

    showTimes(document);
    watch(document.querySelector("main"));
})();
