/*
 * systemd.h
 *	  Tells the service manager how we are (sd_notify(3)), where there is one.
 */
#ifndef NOTIFIER_SYSTEMD_H
#define NOTIFIER_SYSTEMD_H

extern void systemd_ready(void);	/* also starts to feed the watchdog, where one is wanted */
extern void systemd_reloading(void);	/* then systemd_ready() again */
extern void systemd_stopping(void);

#endif							/* NOTIFIER_SYSTEMD_H */
