/*
 * admission.h
 *	  How long a client may stay in a namespace: by its token, and by the role that the token names.
 *
 * A client comes in with a good token whose role the sidecar may take.  While
 * the database cannot answer that, it comes in after a moment, and has to go
 * when the answer is no.  A minute before the token expires it is warned; a
 * fresh one can be given at any time.
 */
#ifndef NOTIFIER_ADMISSION_H
#define NOTIFIER_ADMISSION_H

#include "base/json.h"
#include "http/auth.h"
#include "http/exception.h"

typedef struct Admission Admission;

typedef struct AdmissionHandler
{
	void		(*decided) (void *owner, const DbError *refusal);	/* NULL: let in.  Once. */
	void		(*expiring) (void *owner, const Buf *json);
	void		(*renewed) (void *owner, const char *id, const Exception *problem, bool is_other);	/* NULL: the token is taken */
	void		(*over) (void *owner, const Exception *why);	/* expired, or refused after all */
} AdmissionHandler;

/*
 * data: {"token": …}.  NULL when the token is good, and *admission the caller's;
 * else the reason why not.  No handler is called before this has returned; in
 * decided() and over() the admission may be closed.
 */
extern const char *admission_open(const JsonValue *data, const AdmissionHandler *handler, void *owner, Admission **admission);
extern void admission_close(Admission *admission);	/* NULL is fine */

/* The same with a fresh token; renewed() comes once, perhaps at once.  id is given back; is_other: it is another identity. */
extern void admission_renew(Admission *admission, const JsonValue *data, const char *id);

extern const Identity *admission_identity(const Admission *admission);
extern void admission_put_expiry(const Admission *admission, Buf *json);

/* The clock on the wall was set. */
extern void admission_clock_changed(void);

#endif							/* NOTIFIER_ADMISSION_H */
