// SPDX-License-Identifier: GPL-2.0-only
/*
 * The contract, clause by clause, between a fake client and a fake target. A
 * test is named after the clause it proves.
 */
#include <kunit/test.h>
#include <linux/module.h>

#include "fake.h"
#include "testbed.h"

kunit_test_suites(&chimney_cap_suite, &chimney_conform_suite,
		  &chimney_dat_suite, &chimney_dsc_suite,
		  &chimney_evt_suite, &chimney_init_suite, &chimney_inv_suite,
		  &chimney_io_suite, &chimney_op_suite, &chimney_pau_suite,
		  &chimney_qry_suite, &chimney_rcv_suite, &chimney_sta_suite,
		  &chimney_store_suite, &chimney_target_suite,
		  &chimney_term_suite, &chimney_upd_suite,
		  &chimney_wrong_suite, &chimney_call_suite,
		  &chimney_host_suite, &chimney_im_suite,
		  &chimney_relay_suite);

MODULE_IMPORT_NS(EXPORTED_FOR_KUNIT_TESTING);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("TCP chimney offload: KUnit suites");
