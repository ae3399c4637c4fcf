/*
 * relations.c
 *	  See relations.h.
 */
#include "relations.h"

#include <string.h>

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Decodes "%20" and the like: a target is a URI, names in the zip often are not. */
static void
decode_percent(char *name)
{
	char	   *out = name;

	while (*name != '\0')
	{
		if (name[0] == '%' && hex_digit(name[1]) >= 0 && hex_digit(name[2]) >= 0)
		{
			*out++ = (char) (hex_digit(name[1]) * 16 + hex_digit(name[2]));
			name += 3;
		}
		else
			*out++ = *name++;
	}
	*out = '\0';
}

bool
xlsx_relation_resolve(const char *source, const char *target, char name[XLSX_TARGET_BYTES])
{
	size_t		length = 0;
	const char *slash = strrchr(source, '/');

	if (*target != '/' && *target != '\\' && slash != NULL)
		memcpy(name, source, length = (size_t) (slash - source));
	while (*target != '\0')
	{
		size_t		step = strcspn(target, "/\\");

		if (step == 2 && target[0] == '.' && target[1] == '.')
			while (length > 0 && name[--length] != '/')
				;
		else if (step > 0 && !(step == 1 && target[0] == '.'))
		{
			if (length + 1 + step >= XLSX_TARGET_BYTES)
				return false;
			if (length > 0)
				name[length++] = '/';
			memcpy(name + length, target, step);
			length += step;
		}
		target += step + (target[step] != '\0');
	}
	name[length] = '\0';
	return true;
}

size_t
xlsx_relation_part(XlsxZip *zip, char *name)
{
	size_t		index = xlsx_zip_find(zip, name);

	if (index == SIZE_MAX && strchr(name, '%') != NULL)
	{
		decode_percent(name);
		index = xlsx_zip_find(zip, name);
	}
	return index;
}

/* "worksheet" from ".../relationships/worksheet", for both standards and Microsoft's extensions. */
static const char *
short_type(const char *type)
{
	static const char *const spaces[] = {
		"http://schemas.openxmlformats.org/officeDocument/2006/relationships/",
		"http://purl.oclc.org/ooxml/officeDocument/relationships/",
		"http://schemas.microsoft.com/office/2006/relationships/",
	};
	size_t		i;

	for (i = 0; type != NULL && i < sizeof(spaces) / sizeof(spaces[0]); i++)
		if (strncmp(type, spaces[i], strlen(spaces[i])) == 0)
			return type + strlen(spaces[i]);
	return "";
}

bool
xlsx_relation_read(XlsxXmlSpace space, const char *name, const char **attributes, XlsxRelation *relationship)
{
	const char *mode;

	if (space != XLSX_XML_PACKAGE || strcmp(name, "Relationship") != 0)
		return false;
	relationship->id = xlsx_xml_attribute(attributes, "Id");
	relationship->type = short_type(xlsx_xml_attribute(attributes, "Type"));
	relationship->target = xlsx_xml_attribute(attributes, "Target");
	mode = xlsx_xml_attribute(attributes, "TargetMode");
	relationship->external = mode != NULL && strcmp(mode, "External") == 0;
	return relationship->target != NULL;
}

size_t
xlsx_relations_of(XlsxZip *zip, const char *part)
{
	char		name[XLSX_TARGET_BYTES + 16];
	const char *slash = strrchr(part, '/');
	size_t		folder = slash != NULL ? (size_t) (slash + 1 - part) : 0;

	if (strlen(part) >= XLSX_TARGET_BYTES)
		return SIZE_MAX;
	memcpy(name, part, folder);
	memcpy(name + folder, "_rels/", 6);
	strcpy(name + folder + 6, part + folder);
	strcat(name, ".rels");
	return xlsx_zip_find(zip, name);
}
