// SPDX-License-Identifier: GPL-2.0-only
/*
 * The conformance kit in debugfs: write the name of a device to "run", and when
 * that returns, read the results from "report", in TAP version 13. Words behind
 * the device select cases whose names begin with one of them.
 */
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/nsproxy.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <net/net_namespace.h>

#include "case.h"

/**
 * struct conform_line - what came of one case of the last run
 * @cs: the case
 * @result: what came of it; NULL if it was not run
 */
struct conform_line {
	const struct conform_case *cs;
	struct conform_result *result;
};

#define CONFORM_LINE	1024

/* One run at a time; protects the lines. */
static DEFINE_MUTEX(conform_run_mutex);
static struct conform_line *conform_lines;
static unsigned int conform_lines_count;
static char conform_device[IFNAMSIZ];
static struct dentry *conform_dir;

static unsigned int count_cases(void)
{
	const struct conform_section *section;
	const struct conform_case *cs;
	unsigned int count = 0;

	for (section = conform_sections; section->name; section++)
		for (cs = section->cases; cs->name; cs++)
			count++;
	return count;
}

static void forget_lines(void)
{
	unsigned int i;

	for (i = 0; i < conform_lines_count; i++)
		kfree(conform_lines[i].result);
	kvfree(conform_lines);
	conform_lines = NULL;
	conform_lines_count = 0;
}

/* @words: what names of cases begin with; none for all cases */
static bool is_wanted(const struct conform_case *cs, const char *words)
{
	bool any = false;
	size_t len;

	for (words = skip_spaces(words); *words;
	     words = skip_spaces(words + len)) {
		len = strcspn(words, " ");
		if (!strncmp(cs->name, words, len))
			return true;
		any = true;
	}
	return !any;
}

static int make_lines(const char *words)
{
	const struct conform_section *section;
	const struct conform_case *cs;
	unsigned int count = count_cases();

	forget_lines();
	conform_lines = kvcalloc(count, sizeof(*conform_lines), GFP_KERNEL);
	if (!conform_lines)
		return -ENOMEM;
	for (section = conform_sections; section->name; section++)
		for (cs = section->cases; cs->name; cs++)
			if (is_wanted(cs, words))
				conform_lines[conform_lines_count++].cs = cs;
	return conform_lines_count ? 0 : -EINVAL;
}

static int run_line(struct conform_line *line, struct net *net, int ifindex)
{
	line->result = kzalloc(sizeof(*line->result), GFP_KERNEL);
	if (!line->result)
		return -ENOMEM;
	return conform_execute(net, ifindex, line->cs, line->result);
}

static int run_lines(struct net *net, int ifindex)
{
	unsigned int i;
	int err;

	for (i = 0; i < conform_lines_count; i++) {
		if (fatal_signal_pending(current))
			return -EINTR;
		err = run_line(&conform_lines[i], net, ifindex);
		if (err) {
			kfree(conform_lines[i].result);
			conform_lines[i].result = NULL;
			/* Gone on the way: what was found out stands. */
			return err == -ENODEV && i ? 0 : err;
		}
	}
	return 0;
}

static int find_device(struct net *net, const char *name, int *ifindex)
{
	struct net_device *dev;

	rcu_read_lock();
	dev = dev_get_by_name_rcu(net, name);
	*ifindex = dev ? dev->ifindex : 0;
	rcu_read_unlock();
	return dev ? 0 : -ENODEV;
}

static ssize_t run_write(struct file *file, const char __user *from,
			 size_t size, loff_t *at)
{
	struct net *net = current->nsproxy->net_ns;
	char *line, *words, *name;
	int ifindex, err;

	if (size > CONFORM_LINE)
		return -EINVAL;
	line = memdup_user_nul(from, size);
	if (IS_ERR(line))
		return PTR_ERR(line);
	words = strim(line);
	name = strsep(&words, " ");
	err = find_device(net, name, &ifindex);
	if (err)
		goto out;
	if (!mutex_trylock(&conform_run_mutex)) {
		err = -EBUSY;
		goto out;
	}
	err = make_lines(words ?: "");
	if (!err) {
		strscpy(conform_device, name, sizeof(conform_device));
		err = run_lines(net, ifindex);
	}
	mutex_unlock(&conform_run_mutex);
out:
	kfree(line);
	return err ?: size;
}

static const struct file_operations run_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = run_write,
};

/* The report ---------------------------------------------------------------- */

static void show_diagnostics(struct seq_file *m, const char *text)
{
	const char *end;

	for (; *text; text = *end ? end + 1 : end) {
		end = strchrnul(text, '\n');
		seq_printf(m, "# %.*s\n", (int)(end - text), text);
	}
}

static void show_line(struct seq_file *m, const struct conform_line *line,
		      unsigned int number)
{
	const struct conform_result *result = line->result;
	bool failed = result && result->verdict == CONFORM_FAILED;

	seq_printf(m, "%sok %u - %s (%s)", failed ? "not " : "", number,
		   line->cs->name, line->cs->clauses);
	if (!result)
		seq_puts(m, " # SKIP the run ended before");
	else if (result->verdict == CONFORM_SKIPPED)
		seq_printf(m, " # SKIP %s", result->text);
	seq_putc(m, '\n');
	if (failed)
		show_diagnostics(m, result->text);
}

struct conform_sum {
	unsigned int passed;
	unsigned int failed;
	unsigned int skipped;
};

static void sum_add(struct conform_sum *sum, const struct conform_line *line)
{
	if (!line->result || line->result->verdict == CONFORM_SKIPPED)
		sum->skipped++;
	else if (line->result->verdict == CONFORM_FAILED)
		sum->failed++;
	else
		sum->passed++;
}

static void sum_show(struct seq_file *m, const struct conform_sum *sum)
{
	seq_printf(m, "%u passed, %u failed, %u skipped\n", sum->passed,
		   sum->failed, sum->skipped);
}

static void show_sums(struct seq_file *m)
{
	const struct conform_section *section;
	const struct conform_line *line = conform_lines;
	const struct conform_line *end = line + conform_lines_count;
	const struct conform_case *cs;
	struct conform_sum all = {}, sum;

	for (section = conform_sections; section->name; section++) {
		memset(&sum, 0, sizeof(sum));
		for (cs = section->cases; cs->name; cs++) {
			if (line == end || line->cs != cs)
				continue;
			sum_add(&sum, line);
			sum_add(&all, line);
			line++;
		}
		if (!sum.passed && !sum.failed && !sum.skipped)
			continue;
		seq_printf(m, "# %s: ", section->name);
		sum_show(m, &sum);
	}
	seq_puts(m, "# ");
	sum_show(m, &all);
}

static int report_show(struct seq_file *m, void *unused)
{
	unsigned int i;

	if (!mutex_trylock(&conform_run_mutex))
		return -EBUSY;
	seq_puts(m, "TAP version 13\n");
	seq_printf(m, "1..%u\n", conform_lines_count);
	if (conform_lines_count) {
		seq_printf(m, "# device %s\n", conform_device);
		for (i = 0; i < conform_lines_count; i++)
			show_line(m, &conform_lines[i], i + 1);
		show_sums(m);
	}
	mutex_unlock(&conform_run_mutex);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(report);

static int __init conform_init(void)
{
	conform_dir = debugfs_create_dir("chimney_conform", NULL);
	debugfs_create_file("run", 0200, conform_dir, NULL, &run_fops);
	debugfs_create_file("report", 0400, conform_dir, NULL, &report_fops);
	return 0;
}

static void __exit conform_exit(void)
{
	debugfs_remove(conform_dir);
	forget_lines();
}

module_init(conform_init);
module_exit(conform_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("TCP chimney offload: conformance kit for targets");
MODULE_VERSION("0.1.0");
