// SPDX-License-Identifier: GPL-2.0-only
/* Clients and their bindings to targets. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kmemleak.h>
#include <linux/rculist.h>
#include <linux/slab.h>

#include "call.h"
#include "registry.h"

static LIST_HEAD(chimney_clients);

/**
 * chimney_bind() - bind a client to a target
 * @client: the calling client
 * @target: the target its bind callback was given
 * @priv: for chimney_binding_priv()
 *
 * The binding lasts until the client's unbind has returned.
 *
 * Context: the client's bind callback.
 * Return: the binding, or ERR_PTR(-ENOMEM).
 */
struct chimney_binding *chimney_bind(struct chimney_client *client,
				     struct chimney_target *target, void *priv)
{
	struct chimney_binding *binding;

	lockdep_assert_held(&chimney_registry_mutex);
	binding = kzalloc(sizeof(*binding), GFP_KERNEL);
	if (!binding)
		return ERR_PTR(-ENOMEM);
	binding->target = target;
	binding->core = target->core;
	binding->client = client;
	binding->priv = priv;
	list_add_tail_rcu(&binding->list, &target->core->bindings);
	return binding;
}
EXPORT_SYMBOL_GPL(chimney_bind);

/**
 * chimney_binding_priv() - the client's context of a binding
 * @binding: the binding
 *
 * Context: any. Return: what was given to chimney_bind().
 */
void *chimney_binding_priv(const struct chimney_binding *binding)
{
	return binding->priv;
}
EXPORT_SYMBOL_GPL(chimney_binding_priv);

/**
 * chimney_binding_target() - the target of a binding
 * @binding: the binding
 *
 * Context: any. Return: the target.
 */
struct chimney_target *
chimney_binding_target(const struct chimney_binding *binding)
{
	return binding->core->target;
}
EXPORT_SYMBOL_GPL(chimney_binding_target);

/* Nothing of the client is at the target afterwards, lost trees excepted. */
static void binding_close(struct chimney_binding *binding, bool tell)
{
	lockdep_assert_held(&chimney_registry_mutex);
	WRITE_ONCE(binding->closing, true);
	if (tell)
		binding->client->ops->unbind(binding);
	chimney_calls_expire(binding);
	if (atomic_read(&binding->objects))
		chimney_violation(binding->core, CHIMNEY_CLAUSE_PAU_11);
	/* The data path of objects that were left behind ends here. */
	WRITE_ONCE(binding->target, NULL);
}

/* After a grace period. */
static void binding_free(struct chimney_binding *binding)
{
	list_del_rcu(&binding->list);
	/* Handles that were left behind (PAU-11) name it for ever. */
	if (atomic_read(&binding->objects))
		kmemleak_not_leak(binding);
	else
		kfree_rcu(binding, rcu);
}

/* Free a closed binding of a target that stays. */
static void binding_disown(struct chimney_binding *binding)
{
	chimney_calls_disown(binding);
	synchronize_net();
	binding_free(binding);
}

/**
 * chimney_unbind() - give a binding up although both sides stay
 * @binding: the binding; everything offloaded over it has been terminated
 *
 * The caller makes sure that its unbind callback is not running for @binding
 * at the same time, which does the same.
 *
 * Context: process, may sleep; not from bind or unbind callbacks.
 */
void chimney_unbind(struct chimney_binding *binding)
{
	mutex_lock(&chimney_registry_mutex);
	binding_close(binding, false);
	binding_disown(binding);
	mutex_unlock(&chimney_registry_mutex);
}
EXPORT_SYMBOL_GPL(chimney_unbind);

/* Offer a new target to all clients. */
void chimney_bindings_open(struct chimney_target *target)
{
	struct chimney_client *client;

	lockdep_assert_held(&chimney_registry_mutex);
	list_for_each_entry(client, &chimney_clients, list)
		if (client->ops->bind)
			client->ops->bind(target);
}

/* Bring everything home from a target. */
void chimney_bindings_close(struct chimney_target_core *core)
{
	struct chimney_binding *binding;

	lockdep_assert_held(&chimney_registry_mutex);
	list_for_each_entry(binding, &core->bindings, list)
		binding_close(binding, true);
}

/* After the target has let go of lost trees, and a grace period. */
void chimney_bindings_free(struct chimney_target_core *core)
{
	struct chimney_binding *binding, *next;

	lockdep_assert_held(&chimney_registry_mutex);
	chimney_calls_free(core);
	list_for_each_entry_safe(binding, next, &core->bindings, list)
		binding_free(binding);
}

/**
 * chimney_client_register() - register a client
 * @client: the client; the caller fills all members but the list, and keeps it
 *	until chimney_client_unregister() has returned
 *
 * Calls the client's bind for every target there is, and for each new one from
 * now on.
 *
 * Context: process, may sleep; not from callbacks of the core.
 * Return: 0, or -EINVAL if a mandatory call is missing.
 */
int chimney_client_register(struct chimney_client *client)
{
	const struct chimney_client_ops *ops = client->ops;

	if (!ops->unbind || !ops->initiate_offload_complete ||
	    !ops->terminate_offload_complete || !ops->query_offload_complete ||
	    !ops->update_offload_complete ||
	    !ops->invalidate_offload_complete || !ops->operation_lost ||
	    !ops->free_tree || !ops->tcp_send_complete ||
	    !ops->tcp_receive_complete || !ops->tcp_forward_complete ||
	    !ops->tcp_disconnect_complete || !ops->tcp_receive_indicate ||
	    !ops->tcp_event || !ops->event || !ops->status) {
		pr_err("client %s lacks a mandatory call\n", client->name);
		return -EINVAL;
	}

	mutex_lock(&chimney_registry_mutex);
	list_add_tail(&client->list, &chimney_clients);
	if (ops->bind)
		chimney_targets_bind(client);
	mutex_unlock(&chimney_registry_mutex);
	return 0;
}
EXPORT_SYMBOL_GPL(chimney_client_register);

/* Unbind a client from a target that stays. */
void chimney_bindings_drop(struct chimney_target_core *core,
			   const struct chimney_client *client)
{
	struct chimney_binding *binding, *next;

	lockdep_assert_held(&chimney_registry_mutex);
	list_for_each_entry_safe(binding, next, &core->bindings, list) {
		if (binding->client != client)
			continue;
		binding_close(binding, true);
		binding_disown(binding);
	}
}

/**
 * chimney_client_unregister() - unregister a client
 * @client: the client
 *
 * Calls the client's unbind for each of its bindings. When it returns no call
 * of the client is running and none will come.
 *
 * Context: process, may sleep; not from callbacks of the core.
 */
void chimney_client_unregister(struct chimney_client *client)
{
	mutex_lock(&chimney_registry_mutex);
	list_del(&client->list);
	chimney_targets_unbind(client);
	mutex_unlock(&chimney_registry_mutex);
}
EXPORT_SYMBOL_GPL(chimney_client_unregister);
