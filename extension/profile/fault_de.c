/*
 * fault_de.c
 *	  The built-in messages in German.
 *
 * All languages have the same messages with the same places, in characters of Latin-1, in UTF-8
 * (sql/languages.sql compares them).
 */
#include "profile/fault_texts.h"

const FaultTexts fault_texts_de = {
	.language = "de",
	.of_cells = {
		[FAULT_REQUIRED] = "{label} muss ausgefüllt sein",
		[FAULT_CELL_ERROR] = "{label} enthält den Fehler {value}",
		[FAULT_RICH_VALUE] = "{label} enthält ein Bild oder einen anderen Wert ohne Text; in der Datei steht {value}",
		[FAULT_NO_VALUE] = "{label} ist eine Formel, die nie berechnet wurde",
		[FAULT_TEXT] = "{label} enthält Zeichen, die eine Datenbank nicht speichern kann",
		[FAULT_LENGTH] = "{label} darf höchstens {limit} Zeichen haben",
		[FAULT_NOT_INTEGER] = "{label} muss eine ganze Zahl sein",
		[FAULT_NOT_NUMBER] = "{label} muss eine Zahl sein",
		[FAULT_NOT_BOOLEAN] = "{label} muss wahr oder falsch sein",
		[FAULT_NOT_DATE] = "{label} muss ein Datum sein",
		[FAULT_NOT_TIMESTAMP] = "{label} muss ein Datum mit Uhrzeit sein",
		[FAULT_NOT_TIME] = "{label} muss eine Zeit sein, keine bloße Zahl",
		[FAULT_NOT_WORD] = "{label} muss einer dieser Werte sein: {limit}",
		[FAULT_NOT_VALID] = "{label} ist kein gültiger Wert vom Typ {type}",
		[FAULT_RANGE] = "{label} liegt außerhalb des Bereichs von {type}",
		[FAULT_DIGITS] = "{label} hat zu viele Ziffern",
		[FAULT_WHOLE_DIGITS] = "{label} darf höchstens {limit} Ziffern vor dem Komma haben",
		[FAULT_DECIMALS] = "{label} darf höchstens {limit} Ziffern nach dem Komma haben",
		[FAULT_TIME_OF_DAY] = "{label} muss ein Datum ohne Uhrzeit sein",
		[FAULT_INEXACT] = "{label} ist in der Datei gerundet; dort steht {value}",
		[FAULT_TWO_READINGS] = "{label} \"{value}\" kann zweierlei bedeuten: {readings}",
		[FAULT_LOOKUP] = "{label} \"{value}\" ist unbekannt",
		[FAULT_AMBIGUOUS] = "{label} \"{value}\" ist mehrdeutig",
		[FAULT_TRANSFORM] = "{label} konnte nicht umgewandelt werden",
	},
	.of_rules = {
		[RULE_REQUIRED] = "{label} muss ausgefüllt sein",
		[RULE_MIN] = "{label} muss mindestens {limit} sein",
		[RULE_MAX] = "{label} darf höchstens {limit} sein",
		[RULE_MIN_LENGTH] = "{label} muss mindestens {limit} Zeichen haben",
		[RULE_MAX_LENGTH] = "{label} darf höchstens {limit} Zeichen haben",
		[RULE_PATTERN] = "{label} hat nicht die erwartete Form",
		[RULE_ONE_OF] = "{label} muss einer dieser Werte sein: {limit}",
		[RULE_UNIQUE] = "{label} muss in der Datei eindeutig sein",
		[RULE_EXPRESSION] = "Die Zeile verletzt die Regel \"{rule}\"",
	},
	.of_rows = {
		[ROW_UNIQUE] = "{label} gibt es schon",
		[ROW_UNIQUE_MANY] = "{label} gibt es in dieser Verbindung schon",
		[ROW_FOREIGN_KEY] = "{label} ist unbekannt",
		[ROW_FOREIGN_KEY_MANY] = "{label} sind in dieser Verbindung unbekannt",
		[ROW_CHECK] = "{label} verletzt die Regel \"{rule}\"",
		[ROW_CHECK_OF_ROW] = "Die Zeile verletzt die Regel \"{rule}\"",
		[ROW_NOT_NULL] = "{label} muss ausgefüllt sein",
		[ROW_EXCLUSION] = "{label} steht im Widerspruch zu einer anderen Zeile",
		[ROW_EXCLUSION_MANY] = "{label} stehen im Widerspruch zu einer anderen Zeile",
		[ROW_NOT_FOUND] = "Keine Zeile hat diesen Schlüssel",
		[ROW_DUPLICATE_KEY] = "Zeile {limit} hat denselben Schlüssel",
		[ROW_TRANSFORM] = "Die Zeile konnte nicht umgewandelt werden",
	}
};
