// SPDX-License-Identifier: GPL-2.0-or-later
/* Printing: scores by field and kind of damage, and the table of both itself. */
#include <stdio.h>
#include <string.h>

#include "check/unseen.h"
#include "score.h"

void add_score(struct score *to, const struct score *s)
{
	to->done += s->done;
	to->detected += s->detected;
	to->located += s->located;
	to->few += s->few;
	to->right += s->right;
	to->causes += s->causes;
	to->cause_right += s->cause_right;
}

struct score sum_of(const struct score *scores, unsigned int n)
{
	struct score all = { 0 };

	for (unsigned int i = 0; i < n; i++)
		add_score(&all, &scores[i]);
	return all;
}

double percent(unsigned int n, const struct score *all)
{
	return all->done ? 100.0 * n / all->done : 0;
}

void print_sum(const char *what, const struct score *all)
{
	printf("# %s: %u damages: detected %.2f %%, located %.2f %%, at most two objects named %.2f %%, "
	       "right value known %.2f %%", what, all->done, percent(all->detected, all),
	       percent(all->located, all), percent(all->few, all), percent(all->right, all));
	if (all->causes)
		printf(", cause right %.2f %% of %u", 100.0 * all->cause_right / all->causes, all->causes);
	printf("\n");
}

static void print_row(const char *name, const struct score *scores, unsigned int step, bool causes)
{
	printf("# %-26s", name);
	for (int k = 0; k < N_KINDS; k++) {
		const struct score *sc = &scores[k * step];
		char cell[40] = "";

		if (!causes && sc->done)
			snprintf(cell, sizeof(cell), "%u/%u%s", sc->located, sc->done,
				 sc->detected < sc->done ? "!" : "");
		else if (causes && sc->causes)
			snprintf(cell, sizeof(cell), "%u/%u", sc->cause_right, sc->causes);
		printf("%10s", cell);
	}
	printf("\n");
}

static void print_head(const char *what)
{
	printf("# %-26s", what);
	for (int k = 0; k < N_KINDS; k++)
		printf("%10s", kinds[k].name);
	printf("\n");
}

static void print_fields(const struct score *scores, const char *what, bool causes)
{
	struct score sums[N_KINDS] = { 0 };

	print_head(what);
	for (unsigned int f = 0; f < n_fields; f++) {
		const struct score *row = scores + f * N_KINDS;
		struct score sum = sum_of(row, N_KINDS);
		char name[80];

		for (int k = 0; k < N_KINDS; k++)
			add_score(&sums[k], &row[k]);
		if (causes ? !sum.causes : !sum.done)
			continue;
		snprintf(name, sizeof(name), "%s%s", fields[f].object == OBJ_TASK ? "task." :
			 fields[f].object == OBJ_AVC ? "avc." : fields[f].object == OBJ_ANON ? "anon_vma." : "",
			 fields[f].name);
		print_row(name, row, 1, causes);
	}
	print_row("all", sums, 1, causes);
}

void print_table(const struct score *scores)
{
	print_fields(scores, "located/done, ! not all seen", false);
	if (sum_of(scores, n_fields * N_KINDS).causes)
		print_fields(scores, "cause right/with evidence", true);
}

const char *field_type(const struct field *f)
{
	return f->object == OBJ_LEAF || f->object == OBJ_INNER ? "maple_node" : object_names[f->object];
}

const char *field_member(const struct field *f)
{
	return f->name;
}

void print_list(void)
{
	printf("Fields and damages that something in the dump contradicts; made by `damage --list`.\n\n"
	       "x  whatever is written, but the old value\n"
	       "c  unless it is as the last part says\n"
	       ".  makes no sense for such a field\n\n");
	for (int k = 0; k < N_KINDS; k++)
		printf("%-10s %s\n", kinds[k].name, kinds[k].what);
	for (unsigned int f = 0; f < n_fields; f++) {
		if (!f || fields[f].object != fields[f - 1].object) {
			printf("\n%-28s", object_names[fields[f].object]);
			for (int k = 0; k < N_KINDS; k++)
				printf("%*s", k ? 9 : 1, kinds[k].name);
		}
		printf("\n  %-27s", fields[f].name);
		for (int k = 0; k < N_KINDS; k++)
			printf("%*s", k ? 9 : 3, !kind_fits(k, &fields[f]) ? "." :
			       fields[f].told ? "c" : "x");
	}
	printf("\n\nWhat nothing tells:\n");
	for (unsigned int f = 0; f < n_fields; f++)
		if (fields[f].told) {
			const struct vs_unseen *u = vs_unseen_find(field_type(&fields[f]),
								   field_member(&fields[f]));

			printf("%s %s: %s\n", field_type(&fields[f]), fields[f].name, u ? u->words : "?");
		}
}

bool check_list(void)
{
	const struct vs_unseen *all;
	bool good = true;
	size_t n;

	for (unsigned int f = 0; f < n_fields; f++) {
		const struct vs_unseen *u = vs_unseen_find(field_type(&fields[f]), field_member(&fields[f]));

		if ((u && !u->all) == !!fields[f].told)
			continue;
		printf("# %s.%s: %s\n", field_type(&fields[f]), fields[f].name, fields[f].told ?
		       "told in part, but the man page does not say so" : "told, but the man page says not");
		good = false;
	}
	all = vs_unseen(&n);
	for (size_t i = 0; i < n; i++) {
		bool found = all[i].all;

		for (unsigned int f = 0; f < n_fields; f++)
			found |= vs_unseen_find(field_type(&fields[f]), field_member(&fields[f])) == &all[i];
		if (!found)
			printf("# %s.%s is in the man page, but in no row of the table\n", all[i].type,
			       all[i].members);
		good &= found;
	}
	return good;
}
