// SPDX-License-Identifier: GPL-2.0-only
/* What the host keeps for a network namespace, and lets its administrator set. */
#include <linux/slab.h>
#include <linux/sysctl.h>
#include <kunit/visibility.h>
#include <net/netns/generic.h>

#include "conn.h"

/* Connections of a tree at most, and as long as nobody has set that. */
#define CHIMNEY_TREE_MAX	16384U
#define CHIMNEY_TREE_DEFAULT	2048U

static unsigned int host_net_id;
static unsigned int tree_max = CHIMNEY_TREE_MAX;

static const struct ctl_table host_net_template[] = {
	{
		.procname	= "mandatory_filters",
		.maxlen		= sizeof(u8),
		.mode		= 0644,
		.proc_handler	= proc_dou8vec_minmax,
		.extra1		= SYSCTL_ZERO,
		.extra2		= SYSCTL_ONE,
	},
	{
		.procname	= "max_connections",
		.maxlen		= sizeof(unsigned int),
		.mode		= 0644,
		.proc_handler	= proc_douintvec,
	},
	{
		.procname	= "max_tree",
		.maxlen		= sizeof(unsigned int),
		.mode		= 0644,
		.proc_handler	= proc_douintvec_minmax,
		.extra1		= SYSCTL_ONE,
		.extra2		= &tree_max,
	},
	{}
};

/**
 * chimney_host_net() - what the host keeps for a namespace
 * @net: the namespace
 *
 * Context: any. Return: it lives as long as @net.
 */
struct chimney_host_net *chimney_host_net(const struct net *net)
{
	return net_generic(net, host_net_id);
}
EXPORT_SYMBOL_IF_KUNIT(chimney_host_net);

static int __net_init host_net_init(struct net *net)
{
	struct chimney_host_net *hn = chimney_host_net(net);
	struct ctl_table *table;

	hn->max_connections = UINT_MAX;
	hn->max_tree = CHIMNEY_TREE_DEFAULT;
	table = kmemdup(host_net_template, sizeof(host_net_template),
			GFP_KERNEL);
	if (!table)
		return -ENOMEM;
	table[0].data = &hn->mandatory_filters;
	table[1].data = &hn->max_connections;
	table[2].data = &hn->max_tree;
	hn->sysctls = register_net_sysctl_sz(net, "net/chimney", table,
					     ARRAY_SIZE(host_net_template) - 1);
	if (!hn->sysctls) {
		kfree(table);
		return -ENOMEM;
	}
	hn->table = table;
	return 0;
}

static void __net_exit host_net_exit(struct net *net)
{
	struct chimney_host_net *hn = chimney_host_net(net);

	unregister_net_sysctl_table(hn->sysctls);
	kfree(hn->table);
}

static struct pernet_operations host_net_ops = {
	.init = host_net_init,
	.exit = host_net_exit,
	.id = &host_net_id,
	.size = sizeof(struct chimney_host_net),
};

int chimney_host_net_register(void)
{
	return register_pernet_subsys(&host_net_ops);
}

void chimney_host_net_unregister(void)
{
	unregister_pernet_subsys(&host_net_ops);
}
