/*
 * signature.c
 *	  Signatures of webhooks.
 */
#include "base/signature.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "base/base64.h"

#define PREFIX "whsec_"
#define BLANKS " \t,"

/* The bytes of one secret; false if it is not what its prefix says. */
static bool
key_of(const char *secret, size_t len, Buf *key)
{
	size_t		prefix = strlen(PREFIX);

	buf_clear(key);
	if (len > prefix && strncmp(secret, PREFIX, prefix) == 0)
		return base64_decode(secret + prefix, len - prefix, key);
	buf_append(key, secret, len);
	return true;
}

const char *
signature_problem(const char *secrets)
{
	Buf			key = {0};
	const char *problem = NULL;
	int			count = 0;

	for (secrets += strspn(secrets, BLANKS); *secrets != '\0'; secrets += strspn(secrets, BLANKS))
	{
		size_t		len = strcspn(secrets, BLANKS);

		if (!key_of(secrets, len, &key))
			problem = "what follows \"" PREFIX "\" is not base64";
		else if (key.len < SIGNATURE_LEAST_SECRET)
			problem = "a secret has 24 bytes at least";
		secrets += len;
		count++;
	}
	buf_free(&key);
	return count == 0 ? "it is empty" : problem;
}

void
signature_make(Buf *out, const char *secrets, const char *id, const char *timestamp, const char *body, size_t len)
{
	Buf			text = {0};
	Buf			key = {0};

	buf_printf(&text, "%s.%s.", id, timestamp);
	buf_append(&text, body, len);
	for (secrets += strspn(secrets, BLANKS); *secrets != '\0'; secrets += strspn(secrets, BLANKS))
	{
		unsigned char digest[EVP_MAX_MD_SIZE];
		unsigned char encoded[4 * ((EVP_MAX_MD_SIZE + 2) / 3) + 1];
		unsigned	digest_len = 0;
		size_t		secret_len = strcspn(secrets, BLANKS);

		key_of(secrets, secret_len, &key);
		HMAC(EVP_sha256(), key.data, (int) key.len, (const unsigned char *) text.data, text.len, digest, &digest_len);
		EVP_EncodeBlock(encoded, digest, (int) digest_len);
		buf_printf(out, "%sv1,%s", out->len > 0 ? " " : "", (const char *) encoded);
		secrets += secret_len;
	}
	buf_free(&text);
	buf_free(&key);
}
