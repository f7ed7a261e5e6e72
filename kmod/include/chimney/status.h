/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _CHIMNEY_STATUS_H
#define _CHIMNEY_STATUS_H

#include <uapi/linux/chimney.h>

/**
 * chimney_status_name() - name of a status as the NDIS pages print it
 * @status: the status
 *
 * Context: any. Return: a constant string without the NDIS_STATUS_ prefix.
 */
const char *chimney_status_name(enum chimney_status status);

#endif /* _CHIMNEY_STATUS_H */
