// SPDX-License-Identifier: GPL-2.0-only
/* Capabilities, parameters and statistics of a simulated NIC. */
#include "sim.h"

/**
 * sim_enable() - obey the host's choice of capabilities (CAP-11)
 * @target: the target
 * @caps: what may be used
 *
 * Takes effect for connections offloaded from now on. Context: process.
 */
void sim_enable(struct chimney_target *target, const struct chimney_caps *caps)
{
	struct sim_device *sim = container_of(target, struct sim_device,
					      target);

	spin_lock_bh(&sim->queue.lock);
	sim->queue.enabled = *caps;
	spin_unlock_bh(&sim->queue.lock);
	WRITE_ONCE(sim->sack, caps->sack);
}

/**
 * sim_write_parameters() - tell the device what the host has set
 * @sim: the device
 *
 * Context: process.
 */
void sim_write_parameters(struct sim_device *sim)
{
	struct chimney_parameters p;

	spin_lock_bh(&sim->queue.lock);
	p = sim->parameters;
	spin_unlock_bh(&sim->queue.lock);
	hw_write(sim->hw, HW_REG_ACK_FREQUENCY, p.ack_frequency);
	hw_write(sim->hw, HW_REG_MAX_RETRANSMISSIONS, p.max_retransmissions);
	hw_write(sim->hw, HW_REG_DOUBT_RETRANSMISSIONS,
		 p.doubt_reachability_retransmissions);
	hw_write(sim->hw, HW_REG_DUPLICATE_ACKS, p.duplicate_ack_threshold);
	hw_write(sim->hw, HW_REG_DELAYED_ACK, p.delayed_ack_ticks);
	hw_write(sim->hw, HW_REG_SWS, p.sws_prevention_ticks);
	hw_write(sim->hw, HW_REG_PUSH, p.push_ticks);
	hw_write(sim->hw, HW_REG_NCE_STALE, p.nce_stale_ticks);
}

/**
 * sim_set_parameters() - take the settings of the host over (CAP-08, CAP-09)
 * @target: the target
 * @parameters: the settings
 * @extack: for the reason of a failure
 *
 * They apply to all connections, but for the two that the kernel's TCP keeps in
 * each socket: the delayed-ACK timer and the threshold of duplicate ACKs apply to
 * those offloaded from now on. The kernel's TCP has no SWS timer (TMR-02), so any
 * value does. It acknowledges at least every second full segment, so that a
 * larger frequency is met, too.
 *
 * Context: process. Return: 0, or -ERANGE for what no TCP can obey.
 */
int sim_set_parameters(struct chimney_target *target,
		       const struct chimney_parameters *parameters,
		       struct netlink_ext_ack *extack)
{
	struct sim_device *sim = container_of(target, struct sim_device,
					      target);

	if (!parameters->ack_frequency) {
		NL_SET_ERR_MSG(extack,
			       "an ACK frequency of 0 would acknowledge nothing, 1 is the smallest");
		return -ERANGE;
	}
	if (!parameters->duplicate_ack_threshold) {
		NL_SET_ERR_MSG(extack,
			       "a threshold of 0 duplicate ACKs would retransmit always, 1 is the smallest");
		return -ERANGE;
	}
	spin_lock_bh(&sim->queue.lock);
	sim->parameters = *parameters;
	spin_unlock_bh(&sim->queue.lock);
	sim_write_parameters(sim);
	return 0;
}

/**
 * sim_statistics() - read the counters (STA-01 to STA-06)
 * @target: the target
 * @family: AF_INET or AF_INET6
 * @statistics: result
 * @reset: set them to zero, but for the number of connections established now
 *
 * Context: any.
 */
void sim_statistics(struct chimney_target *target, u16 family,
		    struct chimney_statistics *statistics, bool reset)
{
	struct sim_device *sim = container_of(target, struct sim_device,
					      target);
	u16 set = family == AF_INET6 ? HW_FAMILY_IPV6 : HW_FAMILY_IPV4;
	const struct {
		enum hw_counter counter;
		u64 *value;
	} map[] = {
		{ HW_IP_IN_RECEIVES, &statistics->ip_in_receives },
		{ HW_IP_IN_OCTETS, &statistics->ip_in_octets },
		{ HW_IP_IN_DELIVERS, &statistics->ip_in_delivers },
		{ HW_IP_OUT_REQUESTS, &statistics->ip_out_requests },
		{ HW_IP_OUT_OCTETS, &statistics->ip_out_octets },
		{ HW_IP_IN_HEADER_ERRORS, &statistics->ip_in_header_errors },
		{ HW_IP_IN_TRUNCATED_PACKETS,
		  &statistics->ip_in_truncated_packets },
		{ HW_IP_IN_DISCARDS, &statistics->ip_in_discards },
		{ HW_IP_OUT_DISCARDS, &statistics->ip_out_discards },
		{ HW_IP_OUT_NO_ROUTES, &statistics->ip_out_no_routes },
		{ HW_TCP_IN_SEGMENTS, &statistics->tcp_in_segments },
		{ HW_TCP_OUT_SEGMENTS, &statistics->tcp_out_segments },
		{ HW_TCP_CURRENTLY_ESTABLISHED,
		  &statistics->tcp_currently_established },
		{ HW_TCP_RESET_ESTABLISHED,
		  &statistics->tcp_reset_established },
		{ HW_TCP_RETRANSMITTED_SEGMENTS,
		  &statistics->tcp_retransmitted_segments },
		{ HW_TCP_IN_ERRORS, &statistics->tcp_in_errors },
		{ HW_TCP_OUT_RESETS, &statistics->tcp_out_resets },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(map); i++)
		*map[i].value = hw_read_counter(sim->hw, set, map[i].counter,
						reset);
}

/**
 * sim_usage() - how full the tables are
 * @target: the target
 * @usage: result
 *
 * The memory is that of the engines, and of the driver's and the device's records
 * of connections; not what their queues hold.
 *
 * Context: any.
 */
void sim_usage(struct chimney_target *target, struct chimney_usage *usage)
{
	struct sim_device *sim = container_of(target, struct sim_device,
					      target);

	usage->tcp = hw_read(sim->hw, HW_REG_TCP_USED);
	usage->path = hw_read(sim->hw, HW_REG_PATH_USED);
	usage->neighbor = hw_read(sim->hw, HW_REG_NEIGHBOR_USED);
	usage->memory = atomic_long_read(&sim->engine.memory);
}
