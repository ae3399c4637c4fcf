/*
 * package.c
 *	  See package.h.
 */
#include "package.h"

#include <stdlib.h>
#include <string.h>

#include "part.h"
#include "relations.h"
#include "text.h"

/* State of reading the package. The stages follow one another. */
typedef struct Loader
{
	XlsxZip    *zip;
	const XlsxLimits *limits;
	XlsxMemory *memory;
	XlsxPackage *package;
	XlsxXml    *xml;			/* of the stage */
	char	   *workbook;		/* name of the workbook part */
	bool		in_sheets;
	bool		root_seen;
	XlsxPackageSheet **by_id;	/* all sheets, ordered by relationship id */
} Loader;

static void
stop_without_memory(Loader *loader)
{
	xlsx_fail_memory(xlsx_xml_error(loader->xml));
	xlsx_xml_stop(loader->xml, XLSX_NO_MEMORY);
}

static void
root_start(void *context, XlsxXmlSpace space, const char *name, const char **attributes)
{
	Loader	   *loader = context;
	XlsxRelation relationship;
	char		target[XLSX_TARGET_BYTES];

	if (!xlsx_relation_read(space, name, attributes, &relationship) ||
		strcmp(relationship.type, "officeDocument") != 0 || relationship.external || loader->workbook != NULL)
		return;
	if (!xlsx_relation_resolve("", relationship.target, target))
		return;
	if (xlsx_relation_part(loader->zip, target) == SIZE_MAX)
		return;
	loader->workbook = xlsx_memory_copy(loader->memory, target, strlen(target));
	if (loader->workbook == NULL)
		stop_without_memory(loader);
}

static int
compare_ids(const void *a, const void *b)
{
	return strcmp((*(XlsxPackageSheet *const *) a)->id, (*(XlsxPackageSheet *const *) b)->id);
}

/* First of the sheets with that relationship id, in loader->by_id. */
static size_t
first_with_id(const Loader *loader, const char *id)
{
	size_t		low = 0,
				high = loader->package->count;

	while (low < high)
	{
		size_t		middle = (low + high) / 2;

		if (strcmp(loader->by_id[middle]->id, id) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void
give_target(Loader *loader, const XlsxRelation *relationship, char *target)
{
	const char *shown = relationship->external ? relationship->target : target;
	size_t		part,
				i = first_with_id(loader, relationship->id);

	/* ids are unique: the first of two equal ones counts, for all its sheets */
	if (i == loader->package->count || loader->by_id[i]->target != NULL)
		return;
	part = relationship->external ? XLSX_NO_PART : xlsx_relation_part(loader->zip, target);
	for (; i < loader->package->count; i++)
	{
		XlsxPackageSheet *sheet = loader->by_id[i];

		if (strcmp(sheet->id, relationship->id) != 0)
			return;
		sheet->kind = strcmp(relationship->type, "worksheet") == 0 ? XLSX_PACKAGE_WORKSHEET : XLSX_PACKAGE_OTHER;
		sheet->part = part;
		sheet->external = relationship->external;
		sheet->target = xlsx_memory_copy(loader->memory, shown, strlen(shown));
		if (sheet->target == NULL)
		{
			stop_without_memory(loader);
			return;
		}
	}
}

static void
workbook_relationship(void *context, XlsxXmlSpace space, const char *name, const char **attributes)
{
	Loader	   *loader = context;
	XlsxRelation relationship;
	char		target[XLSX_TARGET_BYTES];

	if (!xlsx_relation_read(space, name, attributes, &relationship) ||
		!xlsx_relation_resolve(loader->workbook, relationship.target, target))
		return;
	if (relationship.id != NULL)
		give_target(loader, &relationship, target);
	if (relationship.external)
		return;
	if (strcmp(relationship.type, "sharedStrings") == 0)
		loader->package->strings = xlsx_relation_part(loader->zip, target);
	else if (strcmp(relationship.type, "styles") == 0)
		loader->package->styles = xlsx_relation_part(loader->zip, target);
}

/* ---------- the workbook part ---------- */

static bool
is_true(const char *value)
{
	return value != NULL && (strcmp(value, "1") == 0 || strcmp(value, "true") == 0 || strcmp(value, "on") == 0);
}

static void
add_sheet(Loader *loader, const char **attributes)
{
	XlsxPackage *package = loader->package;
	const char *name = xlsx_xml_attribute(attributes, "name"),
			   *state = xlsx_xml_attribute(attributes, "state"),
			   *id = xlsx_xml_relationship(attributes, "id");
	XlsxPackageSheet *sheet;
	char	   *copy;

	if (package->count >= loader->limits->max_entries)
	{
		xlsx_fail_limit(xlsx_xml_error(loader->xml), loader->limits, XLSX_LIMIT_max_entries,
						"workbook has too many sheets");
		xlsx_xml_stop(loader->xml, XLSX_LIMIT);
		return;
	}
	if (package->count == package->capacity &&
		!xlsx_memory_grow(loader->memory, &package->sheets, &package->capacity, sizeof(XlsxPackageSheet), SIZE_MAX))
	{
		stop_without_memory(loader);
		return;
	}
	sheet = &package->sheets[package->count];
	memset(sheet, 0, sizeof(*sheet));
	sheet->part = XLSX_NO_PART;
	sheet->id = xlsx_memory_copy(loader->memory, id != NULL ? id : "", id != NULL ? strlen(id) : 0);
	copy = xlsx_memory_copy(loader->memory, name != NULL ? name : "", name != NULL ? strlen(name) : 0);
	sheet->info.name = copy;
	if (sheet->id == NULL || copy == NULL)
	{
		stop_without_memory(loader);
		return;
	}
	copy[xlsx_text_unescape(copy, strlen(copy), copy)] = '\0';
	if (state != NULL && (strcmp(state, "hidden") == 0 || strcmp(state, "veryHidden") == 0))
		sheet->info.state = XLSX_SHEET_HIDDEN;
	package->count++;
}

static void
workbook_start(void *context, XlsxXmlSpace space, const char *name, const char **attributes)
{
	Loader	   *loader = context;
	uint32_t	depth = xlsx_xml_depth(loader->xml);

	if (depth == 0)
	{
		loader->root_seen = space == XLSX_XML_MAIN && strcmp(name, "workbook") == 0;
		if (!loader->root_seen)
		{
			xlsx_fail(xlsx_xml_error(loader->xml), XLSX_NOT_A_WORKBOOK, "file is an Office document, but no workbook");
			xlsx_fail_hint(xlsx_xml_error(loader->xml), "Save it as \"Excel Workbook (.xlsx)\", then upload it.");
			xlsx_xml_stop(loader->xml, XLSX_NOT_A_WORKBOOK);
		}
		return;
	}
	if (space != XLSX_XML_MAIN)
		return;
	if (depth == 1)
		loader->in_sheets = strcmp(name, "sheets") == 0;
	if (depth == 1 && strcmp(name, "workbookPr") == 0)
		loader->package->date1904 = is_true(xlsx_xml_attribute(attributes, "date1904"));
	if (depth == 2 && loader->in_sheets && strcmp(name, "sheet") == 0)
		add_sheet(loader, attributes);
}

static void
workbook_end(void *context, XlsxXmlSpace space, const char *name)
{
	Loader	   *loader = context;

	(void) space;
	(void) name;
	if (xlsx_xml_depth(loader->xml) == 1)
		loader->in_sheets = false;
}

/* ---------- stages ---------- */

typedef void (*StartHandler) (void *context, XlsxXmlSpace space, const char *name, const char **attributes);

static XlsxStatus
parse_part(Loader *loader, size_t part, StartHandler start, XlsxError *error)
{
	XlsxXmlHandlers handlers = {.start = start};

	if (start == workbook_start)
		handlers.end = workbook_end;
	return xlsx_part_parse(loader->zip, part, loader->limits, loader->memory, &handlers, loader, &loader->xml, error);
}

static bool
has_part(const Loader *loader, const char *name)
{
	return xlsx_zip_find(loader->zip, name) != SIZE_MAX;
}

/* A zip without a workbook: finds out which other kind of file it is. */
static XlsxStatus
fail_foreign(const Loader *loader, XlsxError *error)
{
	const char *hint = "Save it as \"Excel Workbook (.xlsx)\", then upload it.";

	if (has_part(loader, "content.xml") && has_part(loader, "META-INF/manifest.xml"))
		xlsx_fail(error, XLSX_NOT_A_WORKBOOK, "file is an OpenDocument file, not an .xlsx workbook");
	else if (has_part(loader, "Index/Document.iwa"))
		xlsx_fail(error, XLSX_NOT_A_WORKBOOK, "file is an Apple Numbers file, not an .xlsx workbook");
	else
	{
		xlsx_fail(error, XLSX_NOT_A_WORKBOOK, "file is a zip archive without a workbook");
		hint = "Upload the .xlsx file itself.";
	}
	return xlsx_fail_hint(error, hint);
}

static XlsxStatus
find_workbook(Loader *loader, XlsxError *error)
{
	size_t		relationships = xlsx_zip_find(loader->zip, "_rels/.rels");
	XlsxStatus	status;
	size_t		length;

	if (relationships == SIZE_MAX)
		return fail_foreign(loader, error);
	status = parse_part(loader, relationships, root_start, error);
	if (status != XLSX_OK)
		return status;
	if (loader->workbook == NULL)
		return fail_foreign(loader, error);
	length = strlen(loader->workbook);
	if (length > 4 && xlsx_text_same(loader->workbook + length - 4, ".bin"))
	{
		xlsx_fail(error, XLSX_NOT_A_WORKBOOK, "file is a binary workbook (.xlsb)");
		return xlsx_fail_hint(error, "Save it as \"Excel Workbook (.xlsx)\", then upload it.");
	}
	return XLSX_OK;
}

static XlsxStatus
read_workbook(Loader *loader, XlsxError *error)
{
	XlsxStatus	status = parse_part(loader, xlsx_zip_find(loader->zip, loader->workbook), workbook_start, error);

	if (status != XLSX_OK && error->part[0] == '\0' && status != XLSX_NOT_A_WORKBOOK)
		xlsx_fail_at(error, loader->workbook, 0, 0);
	return status;
}

static XlsxStatus
read_targets(Loader *loader, XlsxError *error)
{
	XlsxPackage *package = loader->package;
	size_t		relationships = xlsx_relations_of(loader->zip, loader->workbook),
				i;

	if (relationships == SIZE_MAX || package->count == 0)
		return XLSX_OK;
	loader->by_id = xlsx_memory_alloc(loader->memory, package->count * sizeof(*loader->by_id));
	if (loader->by_id == NULL)
		return xlsx_fail_memory(error);
	for (i = 0; i < package->count; i++)
		loader->by_id[i] = &package->sheets[i];
	qsort(loader->by_id, package->count, sizeof(*loader->by_id), compare_ids);
	return parse_part(loader, relationships, workbook_relationship, error);
}

/*
 * For a module of macros, Excel writes an entry without a relationship. It is not a sheet. But
 * when no entry has a relationship, they are sheets whose relationships are missing.
 */
static bool
some_have_parts(const XlsxPackage *package)
{
	size_t		i;

	for (i = 0; i < package->count; i++)
		if (package->sheets[i].id[0] != '\0')
			return true;
	return false;
}

/* Keeps only the worksheets. */
static XlsxStatus
drop_other_sheets(XlsxPackage *package, XlsxError *error)
{
	bool		stubs = some_have_parts(package);
	size_t		kept = 0,
				i;

	for (i = 0; i < package->count; i++)
		if (package->sheets[i].kind != XLSX_PACKAGE_OTHER && !(stubs && package->sheets[i].id[0] == '\0'))
			package->sheets[kept++] = package->sheets[i];
	package->count = kept;
	if (kept > 0)
		return XLSX_OK;
	xlsx_fail(error, XLSX_NOT_A_WORKBOOK, "workbook has no worksheet");
	return xlsx_fail_hint(error, "Put the rows on a worksheet, save the workbook, then upload it.");
}

XlsxStatus
xlsx_package_open(XlsxZip *zip, const XlsxLimits *limits, XlsxMemory *memory, XlsxPackage *package, XlsxError *error)
{
	Loader		loader = {.zip = zip,.limits = limits,.memory = memory,.package = package};
	XlsxStatus	status;

	memset(package, 0, sizeof(*package));
	package->strings = XLSX_NO_PART;
	package->styles = XLSX_NO_PART;
	status = find_workbook(&loader, error);
	if (status == XLSX_OK)
		status = read_workbook(&loader, error);
	if (status == XLSX_OK)
		status = read_targets(&loader, error);
	if (status == XLSX_OK)
		status = drop_other_sheets(package, error);
	return status;
}
