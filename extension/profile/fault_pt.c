/*
 * fault_pt.c
 *	  The built-in messages in Portuguese.
 *
 * All languages have the same messages with the same places, in characters of Latin-1, in UTF-8
 * (sql/languages.sql compares them).
 */
#include "profile/fault_texts.h"

const FaultTexts fault_texts_pt = {
	.language = "pt",
	.of_cells = {
		[FAULT_REQUIRED] = "{label} é obrigatório",
		[FAULT_CELL_ERROR] = "{label} contém o erro {value}",
		[FAULT_RICH_VALUE] = "{label} contém uma imagem ou outro valor sem texto; no ficheiro é {value}",
		[FAULT_NO_VALUE] = "{label} é uma fórmula que nunca foi calculada",
		[FAULT_TEXT] = "{label} contém caracteres que um banco de dados não pode guardar",
		[FAULT_LENGTH] = "{label} deve ter no máximo {limit} caracteres",
		[FAULT_NOT_INTEGER] = "{label} deve ser um número inteiro",
		[FAULT_NOT_NUMBER] = "{label} deve ser um número",
		[FAULT_NOT_BOOLEAN] = "{label} deve ser verdadeiro ou falso",
		[FAULT_NOT_DATE] = "{label} deve ser uma data",
		[FAULT_NOT_TIMESTAMP] = "{label} deve ser uma data com hora",
		[FAULT_NOT_TIME] = "{label} deve ser uma hora, não um simples número",
		[FAULT_NOT_WORD] = "{label} deve ser um destes valores: {limit}",
		[FAULT_NOT_VALID] = "{label} não é um valor válido do tipo {type}",
		[FAULT_RANGE] = "{label} está fora do intervalo do tipo {type}",
		[FAULT_DIGITS] = "{label} tem algarismos demais",
		[FAULT_WHOLE_DIGITS] = "{label} deve ter no máximo {limit} algarismos antes da vírgula",
		[FAULT_DECIMALS] = "{label} deve ter no máximo {limit} algarismos depois da vírgula",
		[FAULT_TIME_OF_DAY] = "{label} deve ser uma data sem hora",
		[FAULT_INEXACT] = "{label} está arredondado no ficheiro, que contém {value}",
		[FAULT_TWO_READINGS] = "{label} \"{value}\" pode ser lido de duas maneiras: {readings}",
		[FAULT_LOOKUP] = "{label} \"{value}\" é desconhecido",
		[FAULT_AMBIGUOUS] = "{label} \"{value}\" é ambíguo",
		[FAULT_TRANSFORM] = "{label} não pôde ser convertido",
	},
	.of_rules = {
		[RULE_REQUIRED] = "{label} é obrigatório",
		[RULE_MIN] = "{label} deve ser no mínimo {limit}",
		[RULE_MAX] = "{label} deve ser no máximo {limit}",
		[RULE_MIN_LENGTH] = "{label} deve ter no mínimo {limit} caracteres",
		[RULE_MAX_LENGTH] = "{label} deve ter no máximo {limit} caracteres",
		[RULE_PATTERN] = "{label} não tem a forma esperada",
		[RULE_ONE_OF] = "{label} deve ser um destes valores: {limit}",
		[RULE_UNIQUE] = "{label} deve ser único no arquivo",
		[RULE_EXPRESSION] = "A linha não cumpre a regra \"{rule}\"",
	},
	.of_rows = {
		[ROW_UNIQUE] = "{label} já existe",
		[ROW_UNIQUE_MANY] = "{label} já existem nesta combinação",
		[ROW_FOREIGN_KEY] = "{label} é desconhecido",
		[ROW_FOREIGN_KEY_MANY] = "{label} são desconhecidos nesta combinação",
		[ROW_CHECK] = "{label} não cumpre a regra \"{rule}\"",
		[ROW_CHECK_OF_ROW] = "A linha não cumpre a regra \"{rule}\"",
		[ROW_NOT_NULL] = "{label} é obrigatório",
		[ROW_EXCLUSION] = "{label} está em conflito com outra linha",
		[ROW_EXCLUSION_MANY] = "{label} estão em conflito com outra linha",
		[ROW_NOT_FOUND] = "Nenhuma linha tem esta chave",
		[ROW_DUPLICATE_KEY] = "A linha {limit} tem a mesma chave",
		[ROW_TRANSFORM] = "A linha não pôde ser convertida",
	}
};
