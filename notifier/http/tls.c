/*
 * tls.c
 *	  The certificate, if the settings name one.
 */
#include "http/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "process/config.h"
#include "process/log.h"

static SSL_CTX *in_use;			/* the library's; NULL: no TLS */

void
tls_prepare(struct lws_context_creation_info *info)
{
	if (config.tls_certificate == NULL)
		return;
	info->options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
	info->ssl_cert_filepath = config.tls_certificate;
	info->ssl_private_key_filepath = config.tls_key;
	info->ssl_options_set = SSL_OP_NO_SSLv3 | SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1;
	info->alpn = "http/1.1";	/* the only version that this server writes */
}

void
tls_use(void *ssl_ctx)
{
	in_use = ssl_ctx;
}

static bool
load(SSL_CTX *context)
{
	return SSL_CTX_use_certificate_chain_file(context, config.tls_certificate) == 1 &&
		SSL_CTX_use_PrivateKey_file(context, config.tls_key, SSL_FILETYPE_PEM) == 1 &&
		SSL_CTX_check_private_key(context) == 1;
}

/* Tries the files on a separate context first, so that the context in use never has half of a pair. */
void
tls_reload(void)
{
	SSL_CTX    *trial;

	if (in_use == NULL)
		return;
	trial = SSL_CTX_new(TLS_server_method());
	if (trial != NULL && load(trial) && load(in_use))
		log_info("certificate read again");
	else
		log_error("could not read the certificate again: %s", ERR_reason_error_string(ERR_peek_last_error()));
	ERR_clear_error();
	SSL_CTX_free(trial);
}
