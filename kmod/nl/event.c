// SPDX-License-Identifier: GPL-2.0-only
/* What targets tell and do wrong, for whoever listens. */
#include "nl.h"

/**
 * chimney_nl_event() - announce an event to the group
 * @net: network namespace of the event
 * @info: the event
 *
 * Context: any.
 */
void chimney_nl_event(struct net *net, const struct chimney_event_info *info)
{
}
