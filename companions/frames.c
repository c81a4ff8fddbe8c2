/* SPDX-License-Identifier: Apache-2.0 */
#include "companions/frames.h"

#include <errno.h>
#include <sys/socket.h>

bool assay_frame_send(int fd, const uint8_t *bytes, size_t size)
{
    ssize_t n;
    do
        n = send(fd, bytes, size, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    return n == (ssize_t)size;
}

ssize_t assay_frame_receive(int fd, int flags, uint8_t *bytes)
{
    ssize_t n = recv(fd, bytes, ASSAY_FRAME_MAX, flags | MSG_TRUNC);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? -1 : 0;
    return n > (ssize_t)ASSAY_FRAME_MAX ? 0 : n;
}
