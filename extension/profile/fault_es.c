/*
 * fault_es.c
 *	  The built-in messages in Spanish.
 *
 * All languages have the same messages with the same places, in characters of Latin-1, in UTF-8
 * (sql/languages.sql compares them).
 */
#include "profile/fault_texts.h"

const FaultTexts fault_texts_es = {
	.language = "es",
	.of_cells = {
		[FAULT_REQUIRED] = "{label} es obligatorio",
		[FAULT_CELL_ERROR] = "{label} contiene el error {value}",
		[FAULT_RICH_VALUE] = "{label} contiene una imagen u otro valor sin texto; en el archivo es {value}",
		[FAULT_NO_VALUE] = "{label} es una fórmula que nunca se calculó",
		[FAULT_TEXT] = "{label} contiene caracteres que una base de datos no puede guardar",
		[FAULT_LENGTH] = "{label} debe tener como máximo {limit} caracteres",
		[FAULT_NOT_INTEGER] = "{label} debe ser un número entero",
		[FAULT_NOT_NUMBER] = "{label} debe ser un número",
		[FAULT_NOT_BOOLEAN] = "{label} debe ser verdadero o falso",
		[FAULT_NOT_DATE] = "{label} debe ser una fecha",
		[FAULT_NOT_TIMESTAMP] = "{label} debe ser una fecha con hora",
		[FAULT_NOT_TIME] = "{label} debe ser una hora, no un simple número",
		[FAULT_NOT_WORD] = "{label} debe ser uno de estos valores: {limit}",
		[FAULT_NOT_VALID] = "{label} no es un valor válido del tipo {type}",
		[FAULT_RANGE] = "{label} está fuera del rango del tipo {type}",
		[FAULT_DIGITS] = "{label} tiene demasiadas cifras",
		[FAULT_WHOLE_DIGITS] = "{label} debe tener como máximo {limit} cifras antes de la coma decimal",
		[FAULT_DECIMALS] = "{label} debe tener como máximo {limit} cifras después de la coma decimal",
		[FAULT_TIME_OF_DAY] = "{label} debe ser una fecha sin hora",
		[FAULT_INEXACT] = "{label} está redondeado en el archivo, que contiene {value}",
		[FAULT_TWO_READINGS] = "{label} \"{value}\" se puede leer de dos maneras: {readings}",
		[FAULT_LOOKUP] = "{label} \"{value}\" es desconocido",
		[FAULT_AMBIGUOUS] = "{label} \"{value}\" es ambiguo",
		[FAULT_TRANSFORM] = "{label} no se pudo convertir",
	},
	.of_rules = {
		[RULE_REQUIRED] = "{label} es obligatorio",
		[RULE_MIN] = "{label} debe ser como mínimo {limit}",
		[RULE_MAX] = "{label} debe ser como máximo {limit}",
		[RULE_MIN_LENGTH] = "{label} debe tener como mínimo {limit} caracteres",
		[RULE_MAX_LENGTH] = "{label} debe tener como máximo {limit} caracteres",
		[RULE_PATTERN] = "{label} no tiene la forma esperada",
		[RULE_ONE_OF] = "{label} debe ser uno de estos valores: {limit}",
		[RULE_UNIQUE] = "{label} debe ser único en el archivo",
		[RULE_EXPRESSION] = "La fila no cumple la regla \"{rule}\"",
	},
	.of_rows = {
		[ROW_UNIQUE] = "{label} ya existe",
		[ROW_UNIQUE_MANY] = "{label} ya existen en esta combinación",
		[ROW_FOREIGN_KEY] = "{label} es desconocido",
		[ROW_FOREIGN_KEY_MANY] = "{label} son desconocidos en esta combinación",
		[ROW_CHECK] = "{label} no cumple la regla \"{rule}\"",
		[ROW_CHECK_OF_ROW] = "La fila no cumple la regla \"{rule}\"",
		[ROW_NOT_NULL] = "{label} es obligatorio",
		[ROW_EXCLUSION] = "{label} está en conflicto con otra fila",
		[ROW_EXCLUSION_MANY] = "{label} están en conflicto con otra fila",
		[ROW_NOT_FOUND] = "Ninguna fila tiene esta clave",
		[ROW_DUPLICATE_KEY] = "La fila {limit} tiene la misma clave",
		[ROW_TRANSFORM] = "No se pudo convertir la fila",
	}
};
