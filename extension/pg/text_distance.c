/*
 * text_distance.c
 *	  How unlike two texts are.
 */
#include "pg/text_distance.h"

#define DISTANCE_BYTES 64

int
text_distance(const char *one, const char *other)
{
	int			m = (int) Min(strlen(one), DISTANCE_BYTES);
	int			n = (int) Min(strlen(other), DISTANCE_BYTES);
	int			row[DISTANCE_BYTES + 1];

	for (int j = 0; j <= n; j++)
		row[j] = j;
	for (int i = 1; i <= m; i++)
	{
		int			diagonal = row[0];

		row[0] = i;
		for (int j = 1; j <= n; j++)
		{
			int			above = row[j];

			row[j] = Min(Min(above, row[j - 1]) + 1, diagonal + (one[i - 1] != other[j - 1]));
			diagonal = above;
		}
	}
	return row[n];
}
