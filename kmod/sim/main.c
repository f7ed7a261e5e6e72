// SPDX-License-Identifier: GPL-2.0-only
/* The kind "sim": making and removing simulated NICs, and what they sit on. */
#include <linux/if_arp.h>
#include <linux/if_vlan.h>
#include <linux/ipv6.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "../../hw/fault.h"
#include "sim.h"

#define DEFAULT_TCP_ENTRIES		131072
#define DEFAULT_PATH_ENTRIES		16384
#define DEFAULT_NEIGHBOR_ENTRIES	4096
#define MAC_ENTRIES			16
#define VLAN_ENTRIES			16
#define COMMANDS			2048
#define COMPLETIONS			2048

/* -------- the board -------- */

static void board_interrupt(void *priv)
{
	struct sim_device *sim = priv;

	wake_up(&sim->interrupt);
	/* It may be an event, or an answer nobody waits for. */
	smp_mb();	/* pairs with the one in sim_driver_work() */
	if (READ_ONCE(sim->ready) && !READ_ONCE(sim->polling))
		queue_work(sim->driver_wq, &sim->driver);
}

static void board_doorbell(void *priv)
{
	struct sim_device *sim = priv;

	queue_work(sim->wq, &sim->processor);
}

static void board_alarm(void *priv, u32 delay)
{
	struct sim_device *sim = priv;

	mod_delayed_work(sim->wq, &sim->alarm, usecs_to_jiffies(delay) ?: 1);
}

static u32 board_clock(void *priv)
{
	/* Alarms ring with ticks, too. */
	return ktime_to_us(ktime_get_coarse());
}

static const struct hw_ops board_ops = {
	.interrupt = board_interrupt,
	.doorbell = board_doorbell,
	.alarm = board_alarm,
	.clock = board_clock,
};

static void board_processor(struct work_struct *work)
{
	struct sim_device *sim = container_of(work, struct sim_device,
					      processor);

	memset(&sim->engine.clock, 0, sizeof(sim->engine.clock));
	hw_run(sim->hw);
}

static void board_alarm_rings(struct work_struct *work)
{
	board_doorbell(container_of(to_delayed_work(work), struct sim_device,
				    alarm));
}

/* -------- the device's engine -------- */

static int engine_create(void *priv, struct hw_context *tcp, u64 state)
{
	int err;

	/* A full ring is many connections. */
	cond_resched();
	err = sim_engine_create(priv, tcp,
				(struct chimney_block *)(uintptr_t)state);
	if (err == -ENOMEM)
		return HW_ST_NO_MEMORY;
	/* INIT-29 among them: no memory for buffered data (G-16) */
	return err ? HW_ST_FAILED : HW_ST_OK;
}

static int engine_destroy(void *priv, struct hw_context *tcp, u64 state)
{
	cond_resched();
	if (state)
		sim_engine_destroy(tcp,
				   (struct chimney_block *)(uintptr_t)state);
	else
		sim_engine_lose(tcp);
	return HW_ST_OK;
}

static int engine_update(void *priv, struct hw_context *tcp, u64 state)
{
	const struct chimney_block *block =
		(const struct chimney_block *)(uintptr_t)state;

	sim_engine_update(tcp, block->state);
	return HW_ST_OK;
}

static int engine_query(void *priv, struct hw_context *tcp, u64 state)
{
	sim_engine_query(tcp, (struct chimney_block *)(uintptr_t)state);
	return HW_ST_OK;
}

static const struct hw_engine_ops engine_ops = {
	.create = engine_create,
	.destroy = engine_destroy,
	.update = engine_update,
	.query = engine_query,
};

/* -------- the kind -------- */

static struct chimney_target_kind sim_kind;

static int sim_check_device(const struct net_device *dev,
			    struct netlink_ext_ack *extack)
{
	if (dev->flags & IFF_LOOPBACK) {
		NL_SET_ERR_MSG(extack,
			       "a loopback device has no link to offload to");
		return -EOPNOTSUPP;
	}
	if (dev->type != ARPHRD_ETHER || dev->addr_len != ETH_ALEN) {
		NL_SET_ERR_MSG(extack,
			       "a sim target needs an Ethernet device");
		return -EOPNOTSUPP;
	}
	return 0;
}

static int sim_check_caps(const struct chimney_caps *caps,
			  struct netlink_ext_ack *extack)
{
	if (caps->tcp_entries <= HW_MAX_ENTRIES &&
	    caps->path_entries <= HW_MAX_ENTRIES &&
	    caps->neighbor_entries <= HW_MAX_ENTRIES)
		return 0;
	NL_SET_ERR_MSG(extack,
		       "a sim target holds at most 1048576 entries of a kind");
	return -ERANGE;
}

/* What the device says of itself. */
static void sim_read_caps(struct sim_device *sim)
{
	struct chimney_caps *caps = &sim->target.caps;
	u32 features = hw_read(sim->hw, HW_REG_FEATURES);

	caps->tcp_entries = hw_read(sim->hw, HW_REG_TCP_ENTRIES);
	caps->path_entries = hw_read(sim->hw, HW_REG_PATH_ENTRIES);
	caps->neighbor_entries = hw_read(sim->hw, HW_REG_NEIGHBOR_ENTRIES);
	caps->max_mtu = hw_read(sim->hw, HW_REG_MAX_MTU);
	caps->max_rcv_wnd = hw_read(sim->hw, HW_REG_MAX_RCV_WND);
	caps->ipv4 = features & HW_FEATURE_IPV4;
	/* The engine's sockets are the kernel's (ipv6.disable=1). */
	caps->ipv6 = features & HW_FEATURE_IPV6 && ipv6_mod_enabled();
	caps->sack = features & HW_FEATURE_SACK;
	caps->tcp_memory = sim_tcp_memory();
}

static int sim_make_workqueues(struct sim_device *sim,
			       struct netlink_ext_ack *extack)
{
	const char *name = sim->target.dev->name;

	sim->wq = alloc_workqueue("chimney-sim-%s",
				  WQ_UNBOUND | WQ_HIGHPRI | WQ_MEM_RECLAIM, 0,
				  name);
	if (!sim->wq)
		goto err;
	sim->driver_wq = alloc_ordered_workqueue("chimney-drv-%s",
						 WQ_HIGHPRI | WQ_MEM_RECLAIM,
						 name);
	if (!sim->driver_wq)
		goto err_wq;
	return 0;

err_wq:
	destroy_workqueue(sim->wq);
err:
	NL_SET_ERR_MSG(extack, "no memory for the workqueues of the target");
	return -ENOMEM;
}

static void sim_destroy_workqueues(struct sim_device *sim)
{
	destroy_workqueue(sim->driver_wq);
	destroy_workqueue(sim->wq);
}

/* VLAN-04 */
static u16 sim_vlan(const struct net_device *dev)
{
	return is_vlan_dev(dev) ? vlan_dev_vlan_id(dev) : 0;
}

static int sim_power_up(struct sim_device *sim, const struct chimney_caps *caps,
			struct netlink_ext_ack *extack)
{
	const struct hw_config config = {
		.tcp_entries = caps->tcp_entries ?: DEFAULT_TCP_ENTRIES,
		.path_entries = caps->path_entries ?: DEFAULT_PATH_ENTRIES,
		.neighbor_entries = caps->neighbor_entries ?:
				    DEFAULT_NEIGHBOR_ENTRIES,
		.max_mtu = caps->max_mtu,
		.max_rcv_wnd = caps->max_rcv_wnd,
		.commands = COMMANDS,
		.completions = COMPLETIONS,
		.mac_entries = MAC_ENTRIES,
		.vlan_entries = VLAN_ENTRIES,
		.vlan = sim_vlan(sim->target.dev),
	};

	init_waitqueue_head(&sim->interrupt);
	mutex_init(&sim->faults);
	INIT_WORK(&sim->processor, board_processor);
	INIT_DELAYED_WORK(&sim->alarm, board_alarm_rings);
	sim->hw = hw_create(&config, &board_ops, &engine_ops, sim);
	if (sim->hw)
		return 0;
	NL_SET_ERR_MSG(extack, "no memory for the tables of the target");
	return -ENOMEM;
}

static void sim_power_down(struct sim_device *sim)
{
	cancel_delayed_work_sync(&sim->alarm);
	cancel_work_sync(&sim->processor);
	hw_destroy(sim->hw);
}

/* Ends what never came home, while its handles are still there. */
void sim_stop(struct chimney_target *target)
{
	struct sim_device *sim = container_of(target, struct sim_device,
					      target);

	sim_driver_stop(sim);
	sim_power_down(sim);
	sim_driver_release(sim);
}

static int sim_newtarget(struct net_device *dev,
			 const struct chimney_caps *caps,
			 struct netlink_ext_ack *extack)
{
	struct sim_device *sim;
	int err;

	err = sim_check_device(dev, extack);
	if (err)
		return err;
	err = sim_check_caps(caps, extack);
	if (err)
		return err;

	sim = kzalloc(sizeof(*sim), GFP_KERNEL);
	if (!sim)
		return -ENOMEM;
	sim->target.dev = dev;
	sim->target.ops = &sim_target_ops;
	sim->target.owner = THIS_MODULE;
	sim->target.kind = &sim_kind;
	err = sim_make_workqueues(sim, extack);
	if (err)
		goto err_free;
	err = sim_engine_attach(sim);
	if (err)
		goto err_workqueues;
	err = sim_power_up(sim, caps, extack);
	if (err)
		goto err_engine;
	err = sim_wire_attach(sim, extack);
	if (err)
		goto err_power;
	sim_read_caps(sim);
	err = sim_driver_start(sim);
	if (err)
		goto err_wire;
	err = chimney_target_register(&sim->target, extack);
	if (err)
		goto err_driver;
	return 0;

err_driver:
	sim_driver_stop(sim);
	sim_driver_release(sim);
err_wire:
	sim_wire_detach(sim);
err_power:
	sim_power_down(sim);
err_engine:
	sim_engine_detach(sim);
err_workqueues:
	sim_destroy_workqueues(sim);
err_free:
	kfree(sim);
	return err;
}

/* May run under RTNL: nothing that is waited for here takes it. */
static void sim_deltarget(struct chimney_target *target)
{
	struct sim_device *sim = container_of(target, struct sim_device,
					      target);

	chimney_target_unregister(target);
	sim_wire_detach(sim);
	sim_engine_detach(sim);
	sim_destroy_workqueues(sim);
	kfree(sim);
}

static int sim_fault(struct chimney_target *target, const char *text,
		     struct netlink_ext_ack *extack)
{
	struct sim_device *sim = container_of(target, struct sim_device,
					      target);
	char error[HW_ERROR_SIZE];
	struct hw_script *script;
	int err = 0;

	script = kzalloc(sizeof(*script), GFP_KERNEL);
	if (!script)
		return -ENOMEM;
	if (!hw_script_parse(script, text, error)) {
		NL_SET_ERR_MSG_FMT(extack, "%s", error);
		err = -EINVAL;
		goto out;
	}
	mutex_lock(&sim->faults);
	if (hw_fault(sim->hw, script))
		flush_work(&sim->processor);	/* now it is in force */
	else
		err = -ENOMEM;
	mutex_unlock(&sim->faults);
out:
	kfree(script);
	return err;
}

static struct chimney_target_kind sim_kind = {
	.name = "sim",
	.owner = THIS_MODULE,
	.newtarget = sim_newtarget,
	.deltarget = sim_deltarget,
	.fault = sim_fault,
};

static int __init sim_init(void)
{
	int err;

	err = sim_engine_init();
	if (err)
		return err;
	err = chimney_target_kind_register(&sim_kind);
	if (err)
		sim_engine_exit();
	return err;
}

static void __exit sim_exit(void)
{
	chimney_target_kind_unregister(&sim_kind);
	sim_engine_exit();
}

module_init(sim_init);
module_exit(sim_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("TCP chimney offload: simulated NIC");
MODULE_VERSION("0.1.0");
