/*
 * webhooks.h
 *	  Sends the webhooks that are due.
 *
 * The database has them (xlsx_rest.webhooks_claim): a sidecar takes one at a time from it, posts it, and reports what became of it. So
 * any number of sidecars can do this together. Without webhook-secret, a sidecar sends none.
 */
#ifndef NOTIFIER_WEBHOOKS_H
#define NOTIFIER_WEBHOOKS_H

extern void webhooks_open(void);
extern void webhooks_close(void);

/* Something may be due: looks at once. */
extern void webhooks_hurry(void);

#endif							/* NOTIFIER_WEBHOOKS_H */
