/*
 * candidates.h
 *	  The tasks of a login that wait and are due, in the order in which workers take them.
 *
 * A look reads the index task_waiting from group to group (party, profile, priority), so that it
 * costs the same however many tasks wait, and however many of them are held back. But where an
 * old snapshot keeps the index entries of tasks that ran long ago, a look passes all of them. So
 * a look that took long serves several claims, for a time in proportion to its own. What it says
 * may be out of date: the caller checks the row before it takes a task.
 *
 * All functions need a transaction. They are for workers, which have one login each.
 */
#ifndef PG_XLSX_CANDIDATES_H
#define PG_XLSX_CANDIDATES_H

#include "pg/pg_xlsx.h"

typedef struct Candidate
{
	int64		id;
	int64		profile;		/* 0: it is gone */
} Candidate;

typedef struct Candidates
{
	const Candidate *tasks;		/* higher priority first, then older ones */
	int			count;
	bool		cut;			/* there may be more */
	bool		fresh;			/* this call has looked */
} Candidates;

/* Profiles whose tasks of an owner may not start now. */
typedef struct HeldProfiles
{
	bool		all;
	int			count;
	const int64 *profiles;
} HeldProfiles;

extern bool candidates_held(const HeldProfiles *held, int64 profile);

/* The most parties (tables/tenant.h) that one look returns. */
#define CANDIDATES_PARTIES 64

/*
 * Parties with tasks that wait, from this one on, by rising number. Returns how many they are;
 * CANDIDATES_PARTIES: there may be more. parties has room for that many.
 */
extern int	candidates_parties(Oid login, int64 from, int64 *parties);

/*
 * The tasks of a party that are due and not held. fresh: an earlier look must not be used. The
 * result has at least `most` tasks when there are so many, and is valid until the next call.
 */
extern Candidates candidates_of(Oid login, int64 party, const HeldProfiles *held, int most, bool fresh);

/* Do not offer the first `used` tasks of the last look at this party again. */
extern void candidates_used(int64 party, int used);

#endif							/* PG_XLSX_CANDIDATES_H */
