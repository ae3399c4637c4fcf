/*
 * upload_form.h
 *	  The fields of an upload besides the file: the profile, the options, the file's name.
 *
 * Strings belong to the form. Bytes of the file are passed on as they come. A
 * body that is the workbook itself makes a plain form, whose fields the
 * caller sets.
 */
#ifndef NOTIFIER_UPLOAD_FORM_H
#define NOTIFIER_UPLOAD_FORM_H

#include <stdbool.h>
#include <stddef.h>

#include "api/multipart.h"

typedef struct UploadForm UploadForm;

typedef struct UploadFormHandler
{
	void		(*file_data) (void *arg, const char *data, size_t len);
} UploadFormHandler;

typedef enum UploadFormStatus
{
	FORM_MORE,
	FORM_DONE,
	FORM_WRONG					/* upload_form_problem() says why */
} UploadFormStatus;

/* NULL if the Content-Type is not that of a form. */
extern UploadForm *upload_form_open(const char *content_type, const UploadFormHandler *handler, void *arg);

/* A form without multipart: feed it the file's bytes, if there are any. */
extern UploadForm *upload_form_plain(const UploadFormHandler *handler, void *arg, const char *file_name);

/* The fields of an upload besides the file, up to NULL. */
extern const char *const upload_form_fields[];

/*
 * Sets a field that came by another way. False, with upload_form_problem(),
 * if it is too long, came before, or has no known name.
 */
extern bool upload_form_set(UploadForm *form, const char *name, const char *value);

/* Marks the form as wrong for a reason that the caller found; format is printf's, for one name. */
extern void upload_form_refuse(UploadForm *form, const char *problem, const char *name);

extern UploadFormStatus upload_form_feed(UploadForm *form, const char *data, size_t len);

/* Call it in a callback to stop the form: no further call follows. */
extern void upload_form_stop(UploadForm *form);

extern const char *upload_form_problem(const UploadForm *form); /* NULL: there is none */
extern const char *upload_form_hint(const UploadForm *form);	/* a hint; NULL: none */
extern bool upload_form_has_file(const UploadForm *form);
extern const char *upload_form_file_name(const UploadForm *form);	/* valid UTF-8, without folders */
extern const char *upload_form_profile(const UploadForm *form); /* NULL: none given */
extern const char *upload_form_options(const UploadForm *form); /* a JSON object of strings; NULL: none given */

/* Number of fields that have come so far; some may follow the file. */
extern int	upload_form_count(const UploadForm *form);
extern void upload_form_close(UploadForm *form);	/* NULL is fine */

#endif							/* NOTIFIER_UPLOAD_FORM_H */
