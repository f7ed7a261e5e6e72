// SPDX-License-Identifier: GPL-2.0-only
#include "backend.hpp"

#include <utility>

#include <chimney/client.hpp>
#include <chimney/netlink.hpp>
#include <chimney/resolve.hpp>

namespace chimney::cli {
namespace {

class KernelBackend : public Backend {
  public:
    KernelBackend(std::unique_ptr<NetlinkSocket> socket, Error no_daemon)
        : socket_(std::move(socket)), client_(*socket_), no_daemon_(std::move(no_daemon)) {}

    Result<std::vector<Target>> targets(const std::optional<std::string>& dev) override {
        if (!dev)
            return client_.targets();
        return client_.target(*dev).map([](Target target) { return std::vector{target}; });
    }
    Result<Target> add_target(const TargetSpec& spec) override { return client_.target_new(spec); }
    Result<Target> del_target(const std::string& dev) override { return client_.target_del(dev); }
    Result<std::vector<Connection>> connections(const Selector& selector) override {
        return find_connections(client_, Resolver{}, selector);
    }
    Result<std::vector<Operation>> operations() override { return client_.operations(); }
    Result<Report> operation(std::uint32_t id) override { return client_.report(id); }
    Result<std::vector<Report>> offload(const Selector&) override {
        return tl::unexpected(no_daemon_);
    }
    Result<std::vector<Report>> upload(const Selector&) override {
        return tl::unexpected(no_daemon_);
    }

  private:
    std::unique_ptr<NetlinkSocket> socket_;
    Client client_;
    Error no_daemon_;
};

} // namespace

Result<std::unique_ptr<Backend>> open_kernel(Error no_daemon) {
    auto socket = open_netlink_socket();
    if (!socket)
        return tl::unexpected(socket.error());
    return std::make_unique<KernelBackend>(std::move(*socket), std::move(no_daemon));
}

} // namespace chimney::cli
