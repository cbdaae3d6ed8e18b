#pragma once
#include <curl/curl.h>

/* curl's calls are variadic, which Swift does not import; the parentheses defeat its type-checking macros. */
static inline CURLcode guild_curl_setopt_long(CURL *h, CURLoption o, long v) { return (curl_easy_setopt)(h, o, v); }
static inline CURLcode guild_curl_setopt_off(CURL *h, CURLoption o, curl_off_t v) { return (curl_easy_setopt)(h, o, v); }
static inline CURLcode guild_curl_setopt_str(CURL *h, CURLoption o, const char *v) { return (curl_easy_setopt)(h, o, v); }
static inline CURLcode guild_curl_setopt_ptr(CURL *h, CURLoption o, void *v) { return (curl_easy_setopt)(h, o, v); }
static inline CURLcode guild_curl_setopt_list(CURL *h, CURLoption o, struct curl_slist *v) { return (curl_easy_setopt)(h, o, v); }
static inline CURLcode guild_curl_setopt_write(CURL *h, CURLoption o, size_t (*v)(char *, size_t, size_t, void *)) { return (curl_easy_setopt)(h, o, v); }
static inline CURLcode guild_curl_setopt_socket(CURL *h, CURLoption o, curl_socket_t (*v)(void *, curlsocktype, struct curl_sockaddr *)) { return (curl_easy_setopt)(h, o, v); }
static inline CURLcode guild_curl_getinfo_long(CURL *h, CURLINFO i, long *v) { return (curl_easy_getinfo)(h, i, v); }
static inline CURLcode guild_curl_getinfo_str(CURL *h, CURLINFO i, char **v) { return (curl_easy_getinfo)(h, i, v); }
static inline CURLcode guild_curl_getinfo_ptr(CURL *h, CURLINFO i, void **v) { return (curl_easy_getinfo)(h, i, v); }
static inline CURLMcode guild_curl_multi_setopt_long(CURLM *m, CURLMoption o, long v) { return (curl_multi_setopt)(m, o, v); }
static inline CURLcode guild_curl_msg_result(const CURLMsg *m) { return m->data.result; }

/* For the HTTP client: curl's remaining callbacks. */
static inline CURLcode guild_curl_setopt_prereq(CURL *h, int (*v)(void *, char *, char *, int, int)) { return (curl_easy_setopt)(h, CURLOPT_PREREQFUNCTION, v); }
static inline CURLcode guild_curl_setopt_progress(CURL *h, int (*v)(void *, curl_off_t, curl_off_t, curl_off_t, curl_off_t)) { return (curl_easy_setopt)(h, CURLOPT_XFERINFOFUNCTION, v); }
/* The authorities' file that this libcurl was built with, or NULL. */
static inline const char *guild_curl_default_ca_file(void) { return curl_version_info(CURLVERSION_NOW)->cainfo; }
