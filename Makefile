# SPDX-License-Identifier: GPL-2.0-only
#
# make            modules for the running kernel, and userspace
# make demo       see it work, in a virtual machine
# make test       every test, in virtual machines
# make deb        Debian packages
# make bench      measure hand-overs, netlink and the data path, in virtual machines
# make fuzz       feed the parsers what nobody would write
# make help       all targets

KDIR ?= /lib/modules/$(shell uname -r)/build
DEMO_KERNEL ?= 6.12
PREFIX ?= /usr/local
FUZZ_SECONDS ?= 600

all: modules userspace

help:
	@echo "make               modules for the running kernel, and userspace"
	@echo "make modules       the modules alone (KDIR=$(KDIR))"
	@echo "make userspace     chimneyd and chimneyctl, in build/user"
	@echo "make demo          see it work, in a virtual machine (DEMO_KERNEL=6.12|6.1)"
	@echo "make test          every test, in virtual machines"
	@echo "make deb           Debian packages, in build/deb"
	@echo "make test-packages  install, use and purge them, without touching the machine (as root)"
	@echo "make bench         measure hand-overs, netlink, data path, in virtual machines (DEMO_KERNEL=6.12|6.1)"
	@echo "make fuzz          run each fuzzer for a while (FUZZ_SECONDS=$(FUZZ_SECONDS))"
	@echo "make contract-report  which test proves which clause of the contract"
	@echo "make nl            regenerate what uapi/chimney.yaml describes"
	@echo "make install       modules and userspace (PREFIX=$(PREFIX))"
	@echo "make clean         remove what was built; kernels of the tests stay cached"

modules:
	$(MAKE) -C $(KDIR) M=$(CURDIR)/kmod modules

userspace:
	tests/userspace build/user

demo:
	tests/vm/install-deps
	tests/vm/build-modules $(DEMO_KERNEL)
	tests/userspace build/user
	tests/vm/run --kernel $(DEMO_KERNEL) --timeout 600 -- tests/demo/demo

test:
	tests/all

bench:
	tests/vm/install-deps
	tests/vm/build-modules $(DEMO_KERNEL)
	tests/userspace build/user
	ninja -C build/user traffic netlink
	mkdir -p build/bench Documentation/benchmarks
	tests/vm/run --kernel $(DEMO_KERNEL) --icount --mem 5000 --timeout 3600 --out build/bench -- \
		tests/bench/run -o build/bench
	tests/vm/run --kernel $(DEMO_KERNEL) --icount --mem 5000 --timeout 7200 --out build/bench -- \
		tests/bench/netlink -o build/bench
	tests/vm/run --kernel $(DEMO_KERNEL) --icount --mem 5000 --timeout 7200 --out build/bench -- \
		tests/bench/handover -o build/bench
	cp build/bench/*.json build/bench/*.md build/bench/*.svg Documentation/benchmarks/

fuzz:
	nice -n 19 tests/fuzz/run $(FUZZ_SECONDS)

contract-report:
	tests/contract/report

nl:
	uapi/generate

install: modules userspace
	$(MAKE) -C $(KDIR) M=$(CURDIR)/kmod modules_install
	cmake --install build/user --prefix $(PREFIX)

deb: build/deb/built

# Of what the packages are made of, and that only: a change of a test builds none.
package_sources := $(shell git ls-files CMakeLists.txt README.md debian hw kmod uapi userspace \
	Documentation/examples Documentation/man Documentation/schema)

build/deb/built: $(wildcard $(package_sources))
	rm -rf build/deb
	mkdir -p build/deb/chimney
	@cp --parents -t build/deb/chimney $^
	cd build/deb/chimney && DEB_BUILD_OPTIONS="nocheck noautodbgsym parallel=$$(nproc)" \
		dpkg-buildpackage -us -uc -b
	touch $@

test-packages:
	tests/packages

clean:
	$(MAKE) -C $(KDIR) M=$(CURDIR)/kmod clean 2>/dev/null || true
	rm -rf build

.PHONY: all help modules userspace demo test bench fuzz contract-report nl install deb \
	test-packages clean
