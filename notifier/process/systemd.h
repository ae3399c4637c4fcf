/*
 * systemd.h
 *	  Reports the sidecar's state to the service manager, if there is one
 *	  (sd_notify(3)).
 */
#ifndef NOTIFIER_SYSTEMD_H
#define NOTIFIER_SYSTEMD_H

extern void systemd_ready(void);	/* also begins to feed the watchdog, if one is wanted */
extern void systemd_reloading(void);	/* call systemd_ready() afterwards */
extern void systemd_stopping(void);

#endif							/* NOTIFIER_SYSTEMD_H */
