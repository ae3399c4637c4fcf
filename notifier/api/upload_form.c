/*
 * upload_form.c
 *	  The fields of an upload besides the file.
 */
#include "api/upload_form.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "api/known_name.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"

#define FILE_FIELD "file"
#define MAX_FIELD 65536
#define MAX_FILE_NAME 255

typedef enum Part
{
	PART_IGNORED,
	PART_FILE,
	PART_FIELD
} Part;

struct UploadForm
{
	Multipart  *multipart;
	const UploadFormHandler *handler;
	void	   *arg;
	Part		part;
	const char *field;			/* entry of upload_form_fields[] for the part that is being read */
	Buf			value;
	Buf			file_name;
	Buf			profile;
	Buf			options;		/* without the closing brace until upload_form_options() is called */
	bool		has_file;
	int			count;
	bool		stopped;
	uint64_t	seen;			/* bits of the fields that have come, by index in upload_form_fields[] */
	Buf			problem;
	Buf			hint;
};

const char *const upload_form_fields[] = {
	"profile", "mode", "sheet", "dryRun", "runAt", "priority", "idempotencyKey", "maxErrors", "headerRow", "locale", "mapping", "range",
	"headerCheck", "headerRows", "fillMerged", "skipHidden", "stopAt", "sheets", "maxAbsent", "allowEmpty",
	"keepRows", "keepChanges", "returning", "params", "hold", "onDuplicate",
	"dateOrder", "decimal", "timeZone", "duplicateKeys", "after", "blankCells", "clearToken", "set", NULL
};

static bool
wrong(UploadForm *form, const char *problem)
{
	buf_puts(&form->problem, problem);
	return false;
}

static bool
wrong_field(UploadForm *form, const char *problem, const char *name)
{
	buf_printf(&form->problem, problem, name);
	return false;
}

/*
 * The file's name: browsers send UTF-8; any other text is read as Latin-1
 */

static void
put_latin1(Buf *out, unsigned char c)
{
	buf_putc(out, (char) (0xC0 | c >> 6));
	buf_putc(out, (char) (0x80 | (c & 0x3F)));
}

static const char *
behind_folders(const char *path)
{
	const char *name = path;

	for (; *path != '\0'; path++)
	{
		if (*path == '/' || *path == '\\')
			name = path + 1;
	}
	return name;
}

static void
take_file_name(UploadForm *form, const char *path)
{
	const char *name = behind_folders(path);
	bool		utf8 = utf8_valid(name, strlen(name));
	Buf		   *out = &form->file_name;

	while (*name != '\0' && out->len < MAX_FILE_NAME - 4)
	{
		size_t		step = utf8 ? utf8_sequence(name, strlen(name)) : 1;

		if (step > 1)
			buf_append(out, name, step);
		else if ((unsigned char) *name >= 0x80)
			put_latin1(out, (unsigned char) *name);
		else if ((unsigned char) *name >= 0x20 && *name != 0x7F)
			buf_putc(out, *name);
		name += step;
	}
	if (out->len == 0)
		buf_puts(out, "upload.xlsx");
}

/*
 * Parts
 */

static bool
start_file(UploadForm *form, const MultipartPart *part)
{
	if (strcmp(part->name, FILE_FIELD) != 0)
		return wrong(form, "Unexpected file: the workbook belongs in the field \"file\"");
	if (form->has_file)
		return wrong(form, "More than one file: an upload is one workbook");
	if (part->file_name[0] == '\0')
		return true;			/* a file input without a file */
	take_file_name(form, part->file_name);
	form->part = PART_FILE;
	form->has_file = true;
	return true;
}

/* The field of that name; NULL if there is no such field, or it came before. */
static const char *
field_of(UploadForm *form, const char *name)
{
	int			place = known_field(upload_form_fields, name);

	if (place < 0)
	{
		known_name_refuse(&form->problem, &form->hint, "field", upload_form_fields, name);
		return NULL;
	}
	if (form->seen >> place & 1)
	{
		wrong_field(form, "The field \"%s\" comes twice", name);
		return NULL;
	}
	form->seen |= (uint64_t) 1 << place;
	return upload_form_fields[place];
}

static bool
on_part(void *arg, const MultipartPart *part)
{
	UploadForm *form = arg;

	form->part = PART_IGNORED;
	if (part->file_name != NULL)
		return start_file(form, part);
	if (strcmp(part->name, FILE_FIELD) == 0)
		return true;			/* a text is not a file; the error comes at the end */
	form->field = field_of(form, part->name);
	form->part = PART_FIELD;
	buf_clear(&form->value);
	return form->field != NULL;
}

static bool
on_data(void *arg, const char *data, size_t len)
{
	UploadForm *form = arg;

	if (form->part == PART_FILE)
		form->handler->file_data(form->arg, data, len);
	else if (form->part == PART_FIELD)
	{
		if (form->value.len + len > MAX_FIELD)
			return wrong(form, "A field is too long");
		if (memchr(data, '\0', len) != NULL)
			return wrong(form, "A field holds a NUL character");
		buf_append(&form->value, data, len);
	}
	return !form->stopped;
}

static bool
take_field(UploadForm *form, const char *field, const char *value, size_t len)
{
	form->count++;
	if (strcmp(field, "profile") == 0)
	{
		buf_clear(&form->profile);
		buf_append(&form->profile, value, len);
		return true;
	}
	buf_putc(&form->options, form->options.len == 0 ? '{' : ',');
	buf_json(&form->options, field, strlen(field));
	buf_putc(&form->options, ':');
	buf_json(&form->options, value, len);
	return form->options.len <= 2 * MAX_FIELD || wrong(form, "The fields are too long");
}

static bool
on_end(void *arg)
{
	UploadForm *form = arg;

	return form->part != PART_FIELD ||
		take_field(form, form->field, form->value.len > 0 ? form->value.data : "", form->value.len);
}

static const MultipartHandler multipart_handler = {on_part, on_data, on_end};

/*
 * The form
 */

UploadForm *
upload_form_open(const char *content_type, const UploadFormHandler *handler, void *arg)
{
	UploadForm *form = mem_alloc(sizeof(*form));

	form->handler = handler;
	form->arg = arg;
	form->multipart = multipart_open(content_type, &multipart_handler, form);
	if (form->multipart == NULL)
	{
		free(form);
		return NULL;
	}
	return form;
}

UploadForm *
upload_form_plain(const UploadFormHandler *handler, void *arg, const char *file_name)
{
	UploadForm *form = mem_alloc(sizeof(*form));

	form->handler = handler;
	form->arg = arg;
	take_file_name(form, file_name);
	return form;
}

bool
upload_form_set(UploadForm *form, const char *name, const char *value)
{
	const char *field = field_of(form, name);

	return field != NULL && take_field(form, field, value, strlen(value));
}

void
upload_form_refuse(UploadForm *form, const char *problem, const char *name)
{
	wrong_field(form, problem, name);
}

/* The first byte begins the file, so an empty body has no file. */
static UploadFormStatus
feed_plain(UploadForm *form, const char *data, size_t len)
{
	if (len > 0)
		form->has_file = true;
	if (len > 0 && !form->stopped)
		form->handler->file_data(form->arg, data, len);
	return form->stopped ? FORM_WRONG : FORM_DONE;
}

UploadFormStatus
upload_form_feed(UploadForm *form, const char *data, size_t len)
{
	if (form->stopped || form->problem.len > 0)
		return FORM_WRONG;
	if (form->multipart == NULL)
		return feed_plain(form, data, len);
	switch (multipart_feed(form->multipart, data, len))
	{
		case MULTIPART_MORE:
			return FORM_MORE;
		case MULTIPART_DONE:
			return FORM_DONE;
		case MULTIPART_MALFORMED:
			wrong(form, "The multipart body is malformed");
			break;
		case MULTIPART_STOPPED:
			break;
	}
	return FORM_WRONG;
}

void
upload_form_stop(UploadForm *form)
{
	form->stopped = true;
}

const char *
upload_form_problem(const UploadForm *form)
{
	return form->problem.data;
}

const char *
upload_form_hint(const UploadForm *form)
{
	return form->hint.data;
}

bool
upload_form_has_file(const UploadForm *form)
{
	return form->has_file;
}

const char *
upload_form_file_name(const UploadForm *form)
{
	return form->file_name.data;
}

const char *
upload_form_profile(const UploadForm *form)
{
	return form->profile.data;
}

const char *
upload_form_options(const UploadForm *form)
{
	Buf		   *options = (Buf *) &form->options;

	if (options->len == 0)
		return NULL;
	buf_putc(options, '}');
	options->len--;				/* fields that come later are appended here */
	return options->data;
}

int
upload_form_count(const UploadForm *form)
{
	return form->count;
}

void
upload_form_close(UploadForm *form)
{
	if (form == NULL)
		return;
	multipart_close(form->multipart);
	buf_free(&form->problem);
	buf_free(&form->hint);
	buf_free(&form->value);
	buf_free(&form->file_name);
	buf_free(&form->profile);
	buf_free(&form->options);
	free(form);
}
