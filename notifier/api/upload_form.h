/*
 * upload_form.h
 *	  What a form of an upload says besides the file: the profile, the options, the file's name.
 *
 * Pure; strings belong to the form.  Bytes of the file are handed on as they
 * come.  A body that is the workbook itself makes a plain form, whose fields
 * are set by hand.
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

/* NULL when the Content-Type is none of a form. */
extern UploadForm *upload_form_open(const char *content_type, const UploadFormHandler *handler, void *arg);

/* Needs no call but for the file's data, which may also be left out. */
extern UploadForm *upload_form_plain(const UploadFormHandler *handler, void *arg, const char *file_name);

/* The fields of an upload besides the file, up to NULL. */
extern const char *const upload_form_fields[];

/* A field that came by another way; false, with upload_form_problem(), when it is too long, came before, or its name is none. */
extern bool upload_form_set(UploadForm *form, const char *name, const char *value);

/* It is wrong for a reason that lies outside: printf's format for the one name. */
extern void upload_form_refuse(UploadForm *form, const char *problem, const char *name);

extern UploadFormStatus upload_form_feed(UploadForm *form, const char *data, size_t len);

/* Stops it from within a callback: nothing more is handed on. */
extern void upload_form_stop(UploadForm *form);

extern const char *upload_form_problem(const UploadForm *form); /* NULL: there is none */
extern const char *upload_form_hint(const UploadForm *form);	/* what helps on; NULL: nothing */
extern bool upload_form_has_file(const UploadForm *form);
extern const char *upload_form_file_name(const UploadForm *form);	/* valid UTF-8, without folders */
extern const char *upload_form_profile(const UploadForm *form); /* NULL: none given */
extern const char *upload_form_options(const UploadForm *form); /* a JSON object of strings; NULL: none given */

/* Fields that have come so far; some may come behind the file. */
extern int	upload_form_count(const UploadForm *form);
extern void upload_form_close(UploadForm *form);	/* NULL is fine */

#endif							/* NOTIFIER_UPLOAD_FORM_H */
