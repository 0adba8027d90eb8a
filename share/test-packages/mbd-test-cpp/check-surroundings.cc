// What must hold around a build; each check that fails is named, and fails the build.
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace {

bool shared_memory_works() {
  const char *name = "/mbd-test-cpp";
  const int fd = shm_open(name, O_CREAT | O_RDWR, 0600);
  if (fd < 0) return false;
  shm_unlink(name);
  bool works = ftruncate(fd, 4096) == 0;
  if (works) {
    void *memory = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    works = memory != MAP_FAILED;
    if (works) {
      std::memset(memory, 1, 4096);
      munmap(memory, 4096);
    }
  }
  close(fd);
  return works;
}

// Loopback is all there may be.
bool has_other_interface() {
  struct if_nameindex *all = if_nameindex();
  bool other = false;
  for (const struct if_nameindex *each = all; each != nullptr && each->if_index != 0; ++each) {
    std::printf("interface %s\n", each->if_name);
    if (std::strcmp(each->if_name, "lo") != 0) other = true;
  }
  if (all != nullptr) if_freenameindex(all);
  return other;
}

// An address of documentation (RFC 5737): where there is a way out, the kernel has a route to it. Nothing is sent.
bool has_route() {
  const int fd = socket(AF_INET, SOCK_DGRAM, 0);
  if (fd < 0) return false;
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(53);
  inet_pton(AF_INET, "192.0.2.1", &to.sin_addr);
  const bool routed = connect(fd, reinterpret_cast<sockaddr *>(&to), sizeof to) == 0;
  close(fd);
  return routed;
}

int expect(bool holds, const char *what) {
  std::printf("%s: %s\n", holds ? "as it must be" : "WRONG", what);
  return holds ? 0 : 1;
}

}  // namespace

int main() {
  std::printf("no UTF-8 follows: \xe4\xf6\xfc \xff\xfe\n");
  int wrong = expect(shared_memory_works(), "shared memory can be used");
  wrong += expect(!has_other_interface(), "there is no interface but loopback");
  wrong += expect(!has_route(), "there is no way into a network");
  return wrong == 0 ? 0 : 1;
}
