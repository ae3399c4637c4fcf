/*
 * admission.h
 *	  How long a client may stay in a namespace: by its token, and by the role that the token names.
 *
 * A client is admitted with a valid token whose role the sidecar may take.
 * While the database cannot answer whether it may, the client is admitted
 * after a moment, and disconnected if the answer is no. The client is warned
 * a minute before the token expires, and can send a fresh token at any time.
 */
#ifndef NOTIFIER_ADMISSION_H
#define NOTIFIER_ADMISSION_H

#include "base/json.h"
#include "http/auth.h"
#include "http/exception.h"

typedef struct Admission Admission;

typedef struct AdmissionHandler
{
	void		(*decided) (void *owner, const DbError *refusal);	/* NULL: admitted. Called once. */
	void		(*expiring) (void *owner, const Buf *json);
	void		(*renewed) (void *owner, const char *id, const Exception *problem, bool is_other);	/* NULL: the token is accepted */
	void		(*over) (void *owner, const Exception *why);	/* the token expired, or was refused later */
} AdmissionHandler;

/*
 * data: {"token": …}. NULL if the token is valid; then the caller owns
 * *admission. Otherwise the reason why not. No handler is called before this has
 * returned. decided() and over() may close the admission.
 */
extern const char *admission_open(const JsonValue *data, const AdmissionHandler *handler, void *owner, Admission **admission);
extern void admission_close(Admission *admission);	/* does nothing for NULL */

/*
 * The same with a fresh token; renewed() is called once, perhaps at once,
 * with the same id. is_other: the token has another identity.
 */
extern void admission_renew(Admission *admission, const JsonValue *data, const char *id);

extern const Identity *admission_identity(const Admission *admission);
extern void admission_put_expiry(const Admission *admission, Buf *json);

/* Call it after the wall clock was set. */
extern void admission_clock_changed(void);

#endif							/* NOTIFIER_ADMISSION_H */
