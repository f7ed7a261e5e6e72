#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Tests of the coverage report: what it counts, and what it refuses."""

import importlib.machinery
import importlib.util
import os
import sys
import textwrap
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, HERE)
import clauses  # noqa: E402
import tags  # noqa: E402

PREFIXES = {"INIT", "OP", "FW2"}

CONTRACT = textwrap.dedent("""\
    # The contract

    ## 3. Operations

    ### 3.1 Common rules (OP)

    - OP-01 [host] MUST start it. (page) (seed)
    - OP-02 [core] SHOULD turn it round. (page; other)

    ### 3.4 Initiate (INIT)

    | not a clause | INIT-09 |

    - INIT-43 [target] MAY do as it likes. (page)

    ## 4. TCP

    ### 4.7 FIN_WAIT_2 (FW2)

    - FW2-01 [target] MUST NOT wait. (page)
    """)


def load_report():
    loader = importlib.machinery.SourceFileLoader("report", os.path.join(HERE, "report"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("report", loader))
    loader.exec_module(module)
    return module


report = load_report()


def contract():
    return clauses.read_contract(CONTRACT)


def c_proofs(source):
    return {(proof.clause, proof.test)
            for proof in tags.c_proofs(textwrap.dedent(source), "x.c", PREFIXES)}


def python_proofs(source):
    return {(proof.clause, proof.test)
            for proof in tags.python_proofs(textwrap.dedent(source), "x.py", "theme")}


class ReadContract(unittest.TestCase):
    def test_clauses_with_what_they_say_of_themselves(self):
        found = contract().clauses
        self.assertEqual(list(found), ["OP-01", "OP-02", "INIT-43", "FW2-01"])
        self.assertEqual(found["OP-01"], clauses.Clause("OP-01", "3.1", "host", "MUST", True))
        self.assertEqual(found["OP-02"], clauses.Clause("OP-02", "3.1", "core", "SHOULD", False))
        self.assertEqual(found["FW2-01"], clauses.Clause("FW2-01", "4.7", "target", "MUST", False))

    def test_titles(self):
        self.assertEqual(contract().titles["3.4"], "Initiate (INIT)")
        self.assertEqual(contract().titles["3"], "Operations")

    def test_twice(self):
        with self.assertRaisesRegex(clauses.Problem, "OP-01 stands here a second time"):
            clauses.read_contract(CONTRACT + "- OP-01 [host] MUST again.\n")

    def test_malformed(self):
        with self.assertRaisesRegex(clauses.Problem, r"contract.md:2: a clause is"):
            clauses.read_contract("## 1. One\n- OP-01 [nobody] MUST do it.\n")

    def test_the_contract_itself(self):
        found = clauses.read_contract(report.read(report.CONTRACT)).clauses
        self.assertEqual(len(found), 692)
        self.assertEqual(sum(clause.seed for clause in found.values()), 55)


class ReadClasses(unittest.TestCase):
    def test_reasons_go_on_in_indented_lines(self):
        found = clauses.read_classes("# Title\n\n- OP-01 kernel: tcp_fin()\n  does it.\n\n"
                                     "- OP-02 open: nobody did it.\n")
        self.assertEqual(found, {"OP-01": clauses.Class("kernel", "tcp_fin() does it."),
                                 "OP-02": clauses.Class("open", "nobody did it.")})

    def test_unknown_class(self):
        with self.assertRaisesRegex(clauses.Problem, ":1: OP-01 is 'done': a class is one of"):
            clauses.read_classes("- OP-01 done: yes.\n")

    def test_twice(self):
        with self.assertRaisesRegex(clauses.Problem, ":2: OP-01 has a class already"):
            clauses.read_classes("- OP-01 open: a.\n- OP-01 open: b.\n")

    def test_malformed(self):
        with self.assertRaisesRegex(clauses.Problem, ":1: an entry is"):
            clauses.read_classes("- OP-01: kernel\n")


class CTags(unittest.TestCase):
    def test_names_of_functions(self):
        self.assertEqual(c_proofs("""\
            static void init_43_44_linker(struct kunit *test)
            {
            }

            static void store_43_thing(struct kunit *test)
            {
            }

            static void init_in_general(struct kunit *test)
            {
            }
            """), {("INIT-43", "init_43_44_linker"), ("INIT-44", "init_43_44_linker")})

    def test_names_of_rows(self):
        self.assertEqual(c_proofs("""\
            static const struct answer_case answers[] = {
            \t{ "init_43_linker_all", "n(P,P)", { S } },
            \t{ "op_08_no_status", "N", { P } },
            };

            static const struct odd_case {
            \tconst char *desc;
            } odd[] = {
            \t{ "fw2_01_waits" },
            };

            static void not_a_row(struct kunit *test)
            {
            \tprintk("init_42_in_a_string");
            }
            """), {("INIT-43", "init_43_linker_all"), ("OP-08", "op_08_no_status"),
                   ("FW2-01", "fw2_01_waits")})

    def test_comment_above(self):
        self.assertEqual(c_proofs("""\
            static void other(struct kunit *test)
            {
            }

            /* Contract: OP-01, OP-02 */
            static void
            several_lines(struct kunit *test,
            \t      int more)
            {
            }
            """), {("OP-01", "several_lines"), ("OP-02", "several_lines")})

    def test_comment_inside_and_over_two_lines(self):
        self.assertEqual(c_proofs("""\
            static void roomy(struct kunit *test)
            {
            \t/*
            \t * Everything.
            \t * Contract: OP-01,
            \t * INIT-43.
            \t */
            \tint x = 1;
            }
            """), {("OP-01", "roomy"), ("INIT-43", "roomy")})

    def test_comment_in_a_table_is_the_next_row_s(self):
        self.assertEqual(c_proofs("""\
            static const struct wrong wrongs[] = {
            \t{ "first", 1 },
            \t/* Contract: OP-01 */
            \t{ "second", 2 },
            };
            """), {("OP-01", "second")})

    def test_google_tests(self):
        self.assertEqual(c_proofs("""\
            namespace {
            // Contract: OP-01
            TEST_F(Rings, Wrap) {
                // Contract: OP-02
            }
            INSTANTIATE_TEST_SUITE_P(All, Rings, testing::Values(Case{
                1}));
            // Contract: INIT-43
            TEST(Rings, Full) {
            }
            } // namespace
            """), {("OP-01", "Rings.Wrap"), ("OP-02", "Rings.Wrap"), ("INIT-43", "Rings.Full")})

    def test_a_string_is_no_comment(self):
        self.assertEqual(c_proofs("""\
            static void speaks(struct kunit *test)
            {
            \tprintk("Contract: OP-01");
            }
            """), set())

    def test_ranges_and_nonsense(self):
        for ids in ("OP-01 to OP-03", "OP-01..OP-03", "OP-1", "", "OP-01; OP-02"):
            with self.subTest(ids), self.assertRaisesRegex(clauses.Problem, "x.c:1: 'Contract:'"):
                c_proofs(f"/* Contract: {ids} */\nstatic void a(void)\n{{\n}}\n")

    def test_no_test_below(self):
        with self.assertRaisesRegex(clauses.Problem, "x.c:1: no test is around or below"):
            c_proofs("/* Contract: OP-01 */\nint x;\n\nstatic void a(void)\n{\n}\n")

    def test_no_row_below(self):
        with self.assertRaisesRegex(clauses.Problem, "x.c:2: no named row"):
            c_proofs("static const int x[] = {\n\t/* Contract: OP-01 */\n\t1,\n};\n")


class PythonTags(unittest.TestCase):
    def test_docstring_and_comments(self):
        self.assertEqual(python_proofs('''\
            def test_one():
                """One thing.

                Contract: OP-01
                """

            # Contract: OP-02
            def test_two():
                pass  # Contract: INIT-43

            def scenario():
                """Short. Contract: FW2-01"""
            '''), {("OP-01", "theme.one"), ("OP-02", "theme.two"), ("INIT-43", "theme.two"),
                   ("FW2-01", "theme.scenario")})

    def test_other_strings_do_not_count(self):
        with self.assertRaisesRegex(clauses.Problem, "x.py:1: no test is around or below"):
            python_proofs("# Contract: OP-01\nX = 1\n")

    def test_range(self):
        with self.assertRaisesRegex(clauses.Problem, "'OP-01 to OP-02' is none"):
            python_proofs('def test_x():\n    """Contract: OP-01 to OP-02"""\n')


class CheckClasses(unittest.TestCase):
    FINE = {"OP-01": clauses.Class("kernel", "tcp_fin()"),
            "OP-02": clauses.Class("deviates", "never"),
            "FW2-01": clauses.Class("open", "no test")}
    PROOFS = {"INIT-43": ["a"]}

    def refused(self, sentence, classes, proofs=None):
        with self.assertRaisesRegex(clauses.Problem, sentence):
            report.check_classes(contract(), classes, self.PROOFS if proofs is None else proofs)

    def test_complete(self):
        report.check_classes(contract(), self.FINE, self.PROOFS)

    def test_a_deviation_may_have_a_test(self):
        report.check_classes(contract(), self.FINE, self.PROOFS | {"OP-02": ["b"]})

    def test_neither_test_nor_class(self):
        self.refused("INIT-43 has neither a test nor a class", self.FINE, {})

    def test_stale(self):
        self.refused("OP-01 is 'kernel', but is tested by b", self.FINE,
                     self.PROOFS | {"OP-01": ["b"]})

    def test_unknown_clause(self):
        self.refused("the contract has no clause OP-77",
                     self.FINE | {"OP-77": clauses.Class("open", "x")})

    def test_empty_reason(self):
        self.refused("OP-02 has no reason", self.FINE | {"OP-02": clauses.Class("open", "")})

    def test_order(self):
        order = ("OP-02", "OP-01", "FW2-01")
        self.refused("OP-02 is not where the order", {id_: self.FINE[id_] for id_ in order})


class Totals(unittest.TestCase):
    def rows(self):
        return {name: counts for name, counts, _ in
                report.totals(contract(), CheckClasses.FINE)}

    def test_by_section(self):
        rows = self.rows()
        self.assertEqual(rows["3 Operations"], {"tested": 1, "kernel": 1, "deviates": 1,
                                                "not-applicable": 0, "open": 0})
        self.assertEqual(rows["4.7 FIN_WAIT_2 (FW2)"]["open"], 1)
        self.assertEqual(sum(rows["all"].values()), 4)
        self.assertEqual(sum(rows["seed clauses"].values()), 1)

    def test_percent_is_rounded_down(self):
        self.assertEqual(report.percent({"tested": 899, "open": 101}), 89)

    def test_goal_names_open_seeds_and_sections(self):
        classes = {"OP-01": clauses.Class("open", "x")}
        with self.assertRaisesRegex(clauses.Problem, "OP-01 is a seed clause and open\n"
                                    "of section 3 66 % are tested, 90 % should be"):
            report.check_goal(contract(), classes)

    def test_goal_reached(self):
        report.check_goal(contract(), {"FW2-01": clauses.Class("open", "not among the sections")})


class Functions(unittest.TestCase):
    def test_missing_one_is_named(self):
        classes = {"OP-01": clauses.Class("kernel", "tcp_fin() and tcp_nonsense(); close()")}
        with self.assertRaisesRegex(clauses.Problem, r"OP-01 names tcp_nonsense\(\)"):
            report.check_functions(classes, {"tcp_fin"})


class Render(unittest.TestCase):
    def test_a_row_for_each_clause(self):
        text = report.render(contract(), CheckClasses.FINE,
                             {"INIT-43": ["a", "b"], "OP-02": ["holds_it"]})
        self.assertIn("| INIT-43 | target | MAY | tested | `a`, `b` |", text)
        self.assertIn("| OP-01 (seed) | host | MUST | kernel's TCP | tcp_fin() |", text)
        self.assertIn("| OP-02 | core | SHOULD | deviates | never; `holds_it` |", text)
        self.assertIn("| **3 Operations** | **3** | **1** | **1** | **1** |  |  | **33 %** |", text)


if __name__ == "__main__":
    result = unittest.main(exit=False, verbosity=2).result
    bad = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - bad} passed, {bad} failed")
    sys.exit(bad != 0)
