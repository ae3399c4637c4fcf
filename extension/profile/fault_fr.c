/*
 * fault_fr.c
 *	  The built-in messages in French.
 *
 * All languages have the same messages with the same places, in characters of Latin-1, in UTF-8
 * (sql/languages.sql compares them).
 */
#include "profile/fault_texts.h"

const FaultTexts fault_texts_fr = {
	.language = "fr",
	.of_cells = {
		[FAULT_REQUIRED] = "{label} est obligatoire",
		[FAULT_CELL_ERROR] = "{label} contient l'erreur {value}",
		[FAULT_RICH_VALUE] = "{label} contient une image ou une autre valeur sans texte ; le fichier contient {value}",
		[FAULT_NO_VALUE] = "{label} est une formule qui n'a jamais été calculée",
		[FAULT_TEXT] = "{label} contient des caractères qu'une base de données ne peut pas enregistrer",
		[FAULT_LENGTH] = "{label} doit avoir au plus {limit} caractères",
		[FAULT_NOT_INTEGER] = "{label} doit être un nombre entier",
		[FAULT_NOT_NUMBER] = "{label} doit être un nombre",
		[FAULT_NOT_BOOLEAN] = "{label} doit être vrai ou faux",
		[FAULT_NOT_DATE] = "{label} doit être une date",
		[FAULT_NOT_TIMESTAMP] = "{label} doit être une date avec une heure",
		[FAULT_NOT_TIME] = "{label} doit être une heure, pas un simple nombre",
		[FAULT_NOT_WORD] = "{label} doit être l'une de ces valeurs : {limit}",
		[FAULT_NOT_VALID] = "{label} n'est pas une valeur valide du type {type}",
		[FAULT_RANGE] = "{label} est hors des limites du type {type}",
		[FAULT_DIGITS] = "{label} a trop de chiffres",
		[FAULT_WHOLE_DIGITS] = "{label} doit avoir au plus {limit} chiffres avant la virgule",
		[FAULT_DECIMALS] = "{label} doit avoir au plus {limit} chiffres après la virgule",
		[FAULT_TIME_OF_DAY] = "{label} doit être une date sans heure",
		[FAULT_INEXACT] = "{label} est arrondi dans le fichier, qui contient {value}",
		[FAULT_TWO_READINGS] = "{label} \"{value}\" peut se lire de deux façons : {readings}",
		[FAULT_LOOKUP] = "{label} \"{value}\" est inconnu",
		[FAULT_AMBIGUOUS] = "{label} \"{value}\" est ambigu",
		[FAULT_TRANSFORM] = "{label} n'a pas pu être converti",
	},
	.of_rules = {
		[RULE_REQUIRED] = "{label} est obligatoire",
		[RULE_MIN] = "{label} doit être au moins {limit}",
		[RULE_MAX] = "{label} doit être au plus {limit}",
		[RULE_MIN_LENGTH] = "{label} doit avoir au moins {limit} caractères",
		[RULE_MAX_LENGTH] = "{label} doit avoir au plus {limit} caractères",
		[RULE_PATTERN] = "{label} n'a pas la forme attendue",
		[RULE_ONE_OF] = "{label} doit être l'une de ces valeurs : {limit}",
		[RULE_UNIQUE] = "{label} doit être unique dans le fichier",
		[RULE_EXPRESSION] = "La ligne ne respecte pas la règle \"{rule}\"",
	},
	.of_rows = {
		[ROW_UNIQUE] = "{label} existe déjà",
		[ROW_UNIQUE_MANY] = "{label} existent déjà dans cette combinaison",
		[ROW_FOREIGN_KEY] = "{label} est inconnu",
		[ROW_FOREIGN_KEY_MANY] = "{label} sont inconnus dans cette combinaison",
		[ROW_CHECK] = "{label} ne respecte pas la règle \"{rule}\"",
		[ROW_CHECK_OF_ROW] = "La ligne ne respecte pas la règle \"{rule}\"",
		[ROW_NOT_NULL] = "{label} est obligatoire",
		[ROW_EXCLUSION] = "{label} est en conflit avec une autre ligne",
		[ROW_EXCLUSION_MANY] = "{label} sont en conflit avec une autre ligne",
		[ROW_NOT_FOUND] = "Aucune ligne n'a cette clé",
		[ROW_DUPLICATE_KEY] = "La ligne {limit} a la même clé",
		[ROW_TRANSFORM] = "La ligne n'a pas pu être convertie",
	}
};
