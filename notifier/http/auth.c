/*
 * auth.c
 *	  Authentication: a signed token names the role that a request runs as.
 *
 * The kind of the key decides which algorithms are accepted, never the token:
 * a public key must not serve as the secret of an HMAC.
 */
#include "http/auth.h"

#include <errno.h>
#include <jwt.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/base64.h"
#include "base/json.h"
#include "base/mem.h"
#include "process/config.h"
#include "process/log.h"

/* RFC 7518, 3.2: a key as long as the hash. */
#define LEAST_SECRET 32

#define MAX_TOKEN 8192
#define MAX_KEY_FILE 65536

/* How far the signer's clock may be ahead of ours. */
#define SKEW_S 30

#define DAY_S 86400

static const char *const hmac_algorithms[] = {"HS256", "HS384", "HS512", NULL};
static const char *const rsa_algorithms[] = {"RS256", "RS384", "RS512", NULL};
static const char *const ec_algorithms[] = {"ES256", "ES384", "ES512", NULL};

static const char *const *algorithms;	/* NULL: no key */
static Buf	key;

/*
 * The key
 */

static bool
read_key_file(const char *name)
{
	char		block[4096];
	size_t		len;
	FILE	   *file = fopen(name, "r");

	if (file == NULL)
	{
		log_error("could not open jwt-public-key \"%s\": %s", name, strerror(errno));
		return false;
	}
	while ((len = fread(block, 1, sizeof(block), file)) > 0 && key.len < MAX_KEY_FILE)
		buf_append(&key, block, len);
	fclose(file);
	return true;
}

static bool
open_public_key(const char *name)
{
	BIO		   *memory;
	EVP_PKEY   *public = NULL;
	int			kind;

	if (!read_key_file(name))
		return false;
	memory = BIO_new_mem_buf(key.data, (int) key.len);
	if (memory != NULL)
		public = PEM_read_bio_PUBKEY(memory, NULL, NULL, NULL);
	kind = public == NULL ? EVP_PKEY_NONE : EVP_PKEY_base_id(public);
	EVP_PKEY_free(public);
	BIO_free(memory);
	algorithms = kind == EVP_PKEY_RSA ? rsa_algorithms : kind == EVP_PKEY_EC ? ec_algorithms : NULL;
	if (algorithms == NULL)
		log_error("jwt-public-key \"%s\" holds no RSA or EC public key in PEM form", name);
	return algorithms != NULL;
}

bool
auth_open(void)
{
	if (config.jwt_secret != NULL && config.jwt_public_key != NULL)
	{
		log_error("jwt-secret and jwt-public-key exclude each other");
		return false;
	}
	if (config.jwt_public_key != NULL)
		return open_public_key(config.jwt_public_key);
	if (config.jwt_secret == NULL)
		return true;
	if (strlen(config.jwt_secret) < LEAST_SECRET)
	{
		log_error("jwt-secret must have at least %d bytes", LEAST_SECRET);
		return false;
	}
	buf_puts(&key, config.jwt_secret);
	algorithms = hmac_algorithms;
	return true;
}

void
auth_reload(void)
{
	const char *const *old_algorithms = algorithms;
	Buf			old = key;

	if (config.jwt_public_key == NULL)
		return;
	key = (Buf) {0};
	if (auth_open())
	{
		log_info("key of tokens read again");
		buf_free(&old);
		return;
	}
	buf_free(&key);
	key = old;
	algorithms = old_algorithms;
}

bool
auth_wanted(void)
{
	return algorithms != NULL;
}

/*
 * Tokens
 */

/* Decodes a part of a token as JSON; its text stays in buf. */
static bool
decode_part(const char *part, size_t len, Buf *buf, JsonValue *object)
{
	return base64_decode(part, len, buf) && buf->len > 0 && json_parse(buf->data, buf->len, object) &&
		object->type == JSON_OBJECT;
}

static bool
algorithm_is_good(const JsonValue *header)
{
	JsonValue	algorithm;

	if (!json_get(header, "alg", &algorithm) || algorithm.type != JSON_STRING)
		return false;
	for (int i = 0; algorithms[i] != NULL; i++)
	{
		if (json_equals(&algorithm, algorithms[i]))
			return true;
	}
	return false;
}

/* A time may have a fraction (RFC 7519, 2: NumericDate).  False if it is no time; 0 if it is absent. */
static bool
read_time(const JsonValue *claims, const char *name, int64_t *seconds)
{
	JsonValue	claim;
	double		number;

	*seconds = 0;
	if (!json_get(claims, name, &claim))
		return true;
	if (claim.type != JSON_NUMBER)
		return false;
	number = strtod(claim.text, NULL);
	if (!(number >= 1 && number < 1e15))
		return false;
	*seconds = (int64_t) number;
	return true;
}

static bool
audience_is_ours(const JsonValue *claims)
{
	JsonValue	claim;
	JsonValue	element;
	JsonIterator elements;

	if (config.jwt_audience == NULL)
		return true;
	if (!json_get(claims, "aud", &claim))
		return false;
	if (claim.type == JSON_STRING)
		return json_equals(&claim, config.jwt_audience);
	elements = json_iterate(&claim);
	while (json_next_element(&elements, &element))
	{
		if (element.type == JSON_STRING && json_equals(&element, config.jwt_audience))
			return true;
	}
	return false;
}

static const char *
check_claims(const JsonValue *claims, AuthUser *user)
{
	int64_t		now = time(NULL);
	int64_t		not_before;

	if (!read_time(claims, "exp", &user->expires) || !read_time(claims, "nbf", &not_before))
		return "Token has an invalid time";
	if (user->expires != 0 && user->expires <= now)
		return AUTH_EXPIRED;
	if (not_before > now + SKEW_S)
		return "Token is not valid yet";
	if (!audience_is_ours(claims))
		return "Token is for another audience";
	return NULL;
}

static const char *
take_role(jwt_t *jwt, AuthUser *user)
{
	const char *role = jwt_get_grant(jwt, config.jwt_role_claim);

	if (role == NULL || role[0] == '\0')
		return "Token names no role";
	if (strlen(role) >= sizeof(user->who.role))
		return "Token names a role that cannot exist";
	strcpy(user->who.role, role);
	return NULL;
}

/* Cut between characters of UTF-8. */
static void
take_subject(jwt_t *jwt, AuthUser *user)
{
	const char *subject = jwt_get_grant(jwt, "sub");
	size_t		len = subject == NULL ? 0 : strlen(subject);

	if (len >= sizeof(user->who.subject))
	{
		len = sizeof(user->who.subject) - 1;
		while (len > 0 && ((unsigned char) subject[len] & 0xc0) == 0x80)
			len--;
	}
	memcpy(user->who.subject, len > 0 ? subject : "", len);
	user->who.subject[len] = '\0';
}

/* Claims that differ from one token of somebody to the next. */
static bool
is_of_this_token(const JsonValue *key)
{
	static const char *const names[] = {"exp", "iat", "nbf", "jti"};

	for (size_t i = 0; i < lengthof(names); i++)
	{
		if (json_equals(key, names[i]))
			return true;
	}
	return false;
}

static void
take_identity(const JsonValue *claims, AuthUser *user)
{
	JsonIterator members = json_iterate(claims);
	JsonValue	key;
	JsonValue	value;
	unsigned char digest[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	EVP_DigestInit_ex(context, EVP_sha256(), NULL);
	while (json_next_member(&members, &key, &value))
	{
		if (is_of_this_token(&key))
			continue;
		EVP_DigestUpdate(context, key.text, key.len);
		EVP_DigestUpdate(context, value.text, value.len);
	}
	EVP_DigestFinal_ex(context, digest, NULL);
	EVP_MD_CTX_free(context);
	memcpy(user->who.says, digest, sizeof(user->who.says));
}

/* Checks the signature first; nothing else in a token is used before. */
static const char *
check_signed(const char *token, AuthUser *user)
{
	const char *payload = strchr(token, '.') + 1;
	const char *problem;
	jwt_t	   *jwt = NULL;
	Buf			text = {0};
	JsonValue	claims;

	if (jwt_decode(&jwt, token, (const unsigned char *) key.data, (int) key.len) != 0)
		return "Token is not signed with the right key";
	if (!decode_part(payload, strcspn(payload, "."), &text, &claims))
		problem = "Token is malformed";
	else
		problem = check_claims(&claims, user);
	if (problem == NULL)
		problem = take_role(jwt, user);
	if (problem == NULL)
		take_subject(jwt, user);
	if (problem == NULL)
	{
		take_identity(&claims, user);
		identity_set_claims(&user->who, text.data, text.len);
	}
	buf_free(&text);
	jwt_free(jwt);
	return problem;
}

const char *
auth_check(const char *token, size_t len, AuthUser *user)
{
	const char *problem = "Token is malformed";
	char	   *copy = mem_strndup(token, len);
	size_t		head = strcspn(copy, ".");
	Buf			text = {0};
	JsonValue	header;

	*user = (AuthUser) {0};
	if (len <= MAX_TOKEN && copy[head] == '.' && decode_part(copy, head, &text, &header))
		problem = algorithm_is_good(&header) ? check_signed(copy, user) : "Token is signed by an algorithm that is not accepted";
	buf_free(&text);
	free(copy);
	return problem;
}

/* Until so many seconds before the end. */
static int64_t
remaining(const AuthUser *user, int64_t before)
{
	struct timespec now;
	int64_t		ms;

	if (user->expires == 0)
		return -1;
	clock_gettime(CLOCK_REALTIME, &now);
	ms = (user->expires - before - now.tv_sec) * 1000 - now.tv_nsec / 1000000;
	return ms < 0 ? 0 : ms < DAY_S * 1000 ? ms : DAY_S * 1000;
}

int64_t
auth_remaining(const AuthUser *user)
{
	return remaining(user, 0);
}

int64_t
auth_until_warning(const AuthUser *user)
{
	return remaining(user, AUTH_WARNING_S);
}

void
auth_put_expiry(Buf *json, const AuthUser *user)
{
	char		text[32] = "";
	struct tm	tm;
	time_t		seconds = (time_t) user->expires;

	if (user->expires != 0 && gmtime_r(&seconds, &tm) != NULL)
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S.000Z", &tm);
	if (*text != '\0')
		buf_printf(json, "{\"expiresAt\":\"%s\"}", text);
	else
		buf_puts(json, "{\"expiresAt\":null}");
}
