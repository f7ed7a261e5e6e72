/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Linux 6.1 has no struct genl_split_ops, which is what the generator of
 * uapi/chimney.yaml makes: one entry for the do of a command and one for its
 * dump. Fold each pair into the one struct genl_ops that 6.1 wants.
 *
 * What differs after the fold: the policy of the do also parses the dump, if
 * the dump has none. Linux 6.2 and later do not look at the attributes of such
 * a dump at all, so it has to refuse them by itself in any case.
 */
#ifndef _CHIMNEY_COMPAT_NET_GENETLINK_H
#define _CHIMNEY_COMPAT_NET_GENETLINK_H

#include <linux/version.h>

#include_next <net/genetlink.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)

#include <linux/slab.h>

struct genl_split_ops {
	union {
		struct {
			int (*pre_doit)(const struct genl_split_ops *ops,
					struct sk_buff *skb,
					struct genl_info *info);
			int (*doit)(struct sk_buff *skb,
				    struct genl_info *info);
			void (*post_doit)(const struct genl_split_ops *ops,
					  struct sk_buff *skb,
					  struct genl_info *info);
		};
		struct {
			int (*start)(struct netlink_callback *cb);
			int (*dumpit)(struct sk_buff *skb,
				      struct netlink_callback *cb);
			int (*done)(struct netlink_callback *cb);
		};
	};
	const struct nla_policy *policy;
	unsigned int maxattr;
	u8 cmd;
	u8 internal_flags;
	u8 flags;
	u8 validate;
};

/* What a family sets, and the family that the kernel is given in its place. */
struct compat_genl_family {
	char name[GENL_NAMSIZ];
	unsigned int version;
	u8 netnsok:1;
	u8 parallel_ops:1;
	u8 n_split_ops;
	u8 n_mcgrps;
	u8 resv_start_op;
	const struct genl_split_ops *split_ops;
	const struct genl_multicast_group *mcgrps;
	struct module *module;
	struct genl_family real;
};

/*
 * 6.1 calls pre_doit and post_doit for a whole family, and has one policy for
 * a command: refuse what cannot be folded.
 */
static inline int compat_genl_fold(const struct genl_split_ops *split,
				   struct genl_ops *op)
{
	if (op->policy && split->policy && op->policy != split->policy)
		return -EINVAL;

	op->cmd = split->cmd;
	op->internal_flags |= split->internal_flags;
	op->flags |= split->flags;
	op->validate |= split->validate;
	if (split->policy) {
		op->policy = split->policy;
		op->maxattr = split->maxattr;
	}
	if (split->flags & GENL_CMD_CAP_DUMP) {
		op->start = split->start;
		op->dumpit = split->dumpit;
		op->done = split->done;
		return 0;
	}
	if (split->pre_doit || split->post_doit)
		return -EINVAL;
	op->doit = split->doit;
	return 0;
}

/* The do of a command, if any, comes right before its dump. */
static inline int compat_genl_fold_all(const struct compat_genl_family *family,
				       struct genl_ops *ops)
{
	int i, err, n = 0;

	for (i = 0; i < family->n_split_ops; i++) {
		const struct genl_split_ops *split = &family->split_ops[i];

		if (!n || ops[n - 1].cmd != split->cmd)
			n++;
		err = compat_genl_fold(split, &ops[n - 1]);
		if (WARN_ON_ONCE(err))
			return err;
	}
	return n;
}

static inline int
compat_genl_register_family(struct compat_genl_family *family)
{
	struct genl_family *real = &family->real;
	struct genl_ops *ops;
	int err;

	ops = kcalloc(family->n_split_ops, sizeof(*ops), GFP_KERNEL);
	if (!ops)
		return -ENOMEM;
	err = compat_genl_fold_all(family, ops);
	if (err < 0)
		goto err_free;

	strscpy(real->name, family->name, sizeof(real->name));
	real->version = family->version;
	real->netnsok = family->netnsok;
	real->parallel_ops = family->parallel_ops;
	real->resv_start_op = family->resv_start_op;
	real->ops = ops;
	real->n_ops = err;
	real->mcgrps = family->mcgrps;
	real->n_mcgrps = family->n_mcgrps;
	real->module = family->module;

	err = genl_register_family(real);
	if (err)
		goto err_free;
	return 0;

err_free:
	kfree(ops);
	return err;
}

static inline int
compat_genl_unregister_family(const struct compat_genl_family *family)
{
	int err = genl_unregister_family(&family->real);

	if (!err)
		kfree(family->real.ops);
	return err;
}

static inline void *compat_genlmsg_put(struct sk_buff *skb, u32 portid, u32 seq,
				       const struct compat_genl_family *family,
				       int flags, u8 cmd)
{
	return genlmsg_put(skb, portid, seq, &family->real, flags, cmd);
}

static inline int
compat_genlmsg_multicast_netns(const struct compat_genl_family *family,
			       struct net *net, struct sk_buff *skb, u32 portid,
			       unsigned int group, gfp_t flags)
{
	return genlmsg_multicast_netns(&family->real, net, skb, portid, group,
				       flags);
}

static inline int
compat_genl_has_listeners(const struct compat_genl_family *family,
			  struct net *net, unsigned int group)
{
	return genl_has_listeners(&family->real, net, group);
}

/* There attrs is a member of what this returns, as it is of genl_info. */
static inline const struct genl_dumpit_info *
genl_info_dump(struct netlink_callback *cb)
{
	return genl_dumpit_info(cb);
}

#define genl_family		compat_genl_family
#define genl_register_family	compat_genl_register_family
#define genl_unregister_family	compat_genl_unregister_family
#define genlmsg_put		compat_genlmsg_put
#define genlmsg_multicast_netns	compat_genlmsg_multicast_netns
#define genl_has_listeners	compat_genl_has_listeners

#endif /* before 6.2 */

#endif /* _CHIMNEY_COMPAT_NET_GENETLINK_H */
