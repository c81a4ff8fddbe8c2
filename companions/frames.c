/* SPDX-License-Identifier: Apache-2.0 */
#include "companions/frames.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

bool assay_frame_send(int fd, const uint8_t *bytes, size_t size)
{
    uint8_t length[4] = {(uint8_t)size, (uint8_t)(size >> 8), (uint8_t)(size >> 16), (uint8_t)(size >> 24)};
    struct iovec part[2] = {{length, sizeof length}, {(void *)(uintptr_t)bytes, size}};
    struct msghdr message = {.msg_iov = part, .msg_iovlen = 2};
    while (part[0].iov_len + part[1].iov_len > 0) {
        ssize_t n = sendmsg(fd, &message, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        for (int i = 0; i < 2; i++) {
            size_t gone = (size_t)n < part[i].iov_len ? (size_t)n : part[i].iov_len;
            part[i].iov_base = (uint8_t *)part[i].iov_base + gone;
            part[i].iov_len -= gone;
            n -= (ssize_t)gone;
        }
    }
    return true;
}

static bool take(int fd, uint8_t *out, size_t size)
{
    while (size > 0) {
        ssize_t n = recv(fd, out, size, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        out += n;
        size -= (size_t)n;
    }
    return true;
}

bool assay_frame_receive(int fd, uint8_t *bytes, size_t *size)
{
    uint8_t length[4];
    *size = 0;
    if (!take(fd, length, sizeof length))
        return false;
    size_t n = (size_t)length[0] | (size_t)length[1] << 8 | (size_t)length[2] << 16 | (size_t)length[3] << 24;
    if (n > ASSAY_FRAME_MAX || !take(fd, bytes, n))
        return false;
    *size = n;
    return true;
}
