// libcurl for Swift: its variadic functions once for each type of argument.
#ifndef BOX_OFFICE_CCURL_SHIM_H
#define BOX_OFFICE_CCURL_SHIM_H

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#include <locale.h>
#include <sys/epoll.h>

static inline CURLcode ccurl_set_long(CURL *easy, CURLoption option, long value) { return curl_easy_setopt(easy, option, value); }
static inline CURLcode ccurl_set_offset(CURL *easy, CURLoption option, curl_off_t value) { return curl_easy_setopt(easy, option, value); }
static inline CURLcode ccurl_set_string(CURL *easy, CURLoption option, const char *value) { return curl_easy_setopt(easy, option, value); }
static inline CURLcode ccurl_set_bytes(CURL *easy, CURLoption option, const void *value) { return curl_easy_setopt(easy, option, value); }
static inline CURLcode ccurl_set_pointer(CURL *easy, CURLoption option, void *value) { return curl_easy_setopt(easy, option, value); }

// Write, header and read callbacks have one shape.
static inline CURLcode ccurl_set_data_callback(CURL *easy, CURLoption option, curl_write_callback callback) { return curl_easy_setopt(easy, option, callback); }
static inline CURLcode ccurl_set_before_request(CURL *easy, curl_prereq_callback callback) { return curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, callback); }
static inline CURLcode ccurl_set_debug(CURL *easy, curl_debug_callback callback) { return curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, callback); }
static inline CURLcode ccurl_set_open_socket(CURL *easy, curl_opensocket_callback callback) { return curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, callback); }
static inline CURLcode ccurl_set_close_socket(CURL *easy, curl_closesocket_callback callback) { return curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, callback); }

static inline CURLcode ccurl_get_long(CURL *easy, CURLINFO info, long *value) { return curl_easy_getinfo(easy, info, value); }
static inline CURLcode ccurl_get_string(CURL *easy, CURLINFO info, const char **value) { return curl_easy_getinfo(easy, info, value); }
static inline CURLcode ccurl_get_pointer(CURL *easy, CURLINFO info, void **value) { return curl_easy_getinfo(easy, info, value); }

static inline CURLMcode ccurl_multi_set_long(CURLM *multi, CURLMoption option, long value) { return curl_multi_setopt(multi, option, value); }
static inline CURLMcode ccurl_multi_set_callbacks(CURLM *multi, curl_socket_callback on_socket, curl_multi_timer_callback on_timer, void *context) {
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, context);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
    return curl_multi_setopt(multi, CURLMOPT_TIMERDATA, context);
}

// A host name beyond ASCII as DNS has it (IDNA, by libidn2); NULL when it has no such form. curl_free what it returns.
static inline char *ccurl_ascii_host(const char *name) {
    // libcurl takes the name to be in the character set of the thread's locale, which is ASCII unless somebody has said otherwise.
    locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    if (!utf8) return NULL;
    locale_t before = uselocale(utf8);
    char *host = NULL;
    CURLU *url = curl_url();
    if (url && curl_url_set(url, CURLUPART_HOST, name, 0) == CURLUE_OK && curl_url_get(url, CURLUPART_HOST, &host, CURLU_PUNYCODE) != CURLUE_OK)
        host = NULL;
    curl_url_cleanup(url);
    uselocale(before);
    freelocale(utf8);
    return host;
}

#endif
