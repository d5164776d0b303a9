// OpenSSL for Swift: what it has as macros, as functions.
#ifndef BOX_OFFICE_COPENSSL_SHIM_H
#define BOX_OFFICE_COPENSSL_SHIM_H

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>

// TLS 1.2 or later, and none of the renegotiation of 1.2, which would have a write wait for the peer.
static inline int copenssl_require_tls12(SSL_CTX *context) {
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
    return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
}

// A memory BIO that is empty says "later" and not "the end".
static inline BIO *copenssl_memory(void) {
    BIO *bio = BIO_new(BIO_s_mem());
    if (bio) BIO_set_mem_eof_return(bio, -1);
    return bio;
}

// A key that is encrypted cannot be used. Without this OpenSSL would ask for the pass phrase on the terminal.
static inline int copenssl_no_pass_phrase(char *buffer, int size, int is_writing, void *context) { return -1; }
static inline void copenssl_never_ask(SSL_CTX *context) { SSL_CTX_set_default_passwd_cb(context, copenssl_no_pass_phrase); }

#endif
