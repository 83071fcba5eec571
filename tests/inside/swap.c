/*
 * Exchanges two paths over and over, as fast as the kernel does it: `swap <first> <second>`. Says `ready`
 * once it has begun.
 */

#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int main(int count, char **arguments) {
  if (count != 3) return 2;
  for (unsigned long times = 0;; times++) {
    if (renameat2(AT_FDCWD, arguments[1], AT_FDCWD, arguments[2], RENAME_EXCHANGE) != 0) {
      perror("renameat2");
      return 1;
    }
    if (times == 1000 && write(STDOUT_FILENO, "ready\n", 6) != 6) return 1;
  }
}
