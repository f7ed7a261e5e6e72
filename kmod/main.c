// SPDX-License-Identifier: GPL-2.0-only
#include <linux/module.h>

#include "core/core.h"
#include "host/host.h"
#include "nl/nl.h"
#include "replay/replay.h"

static int __init chimney_init(void)
{
	int err;

	err = chimney_core_init();
	if (err)
		return err;
	err = chimney_host_init();
	if (err)
		goto err_core;
	err = chimney_replay_init();
	if (err)
		goto err_host;
	err = chimney_nl_init();
	if (err)
		goto err_replay;
	return 0;

err_replay:
	chimney_replay_exit();
err_host:
	chimney_host_exit();
err_core:
	chimney_core_exit();
	return err;
}

static void __exit chimney_exit(void)
{
	chimney_nl_exit();
	chimney_replay_exit();
	chimney_host_exit();
	chimney_core_exit();
}

module_init(chimney_init);
module_exit(chimney_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("TCP chimney offload: broker and host stack adapter");
MODULE_VERSION("0.1.0");
