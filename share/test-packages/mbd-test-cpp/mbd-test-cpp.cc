// Prints the SHA-256 of its only argument: there is a library to be linked with.
#include <openssl/evp.h>

#include <cstdio>
#include <cstring>

int main(int argc, char **argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: mbd-test-cpp TEXT\n");
    return 2;
  }
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (EVP_Digest(argv[1], std::strlen(argv[1]), digest, &size, EVP_sha256(), nullptr) != 1) return 1;
  for (unsigned int at = 0; at < size; ++at) std::printf("%02x", digest[at]);
  std::printf("\n");
  return 0;
}
