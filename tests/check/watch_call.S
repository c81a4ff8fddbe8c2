/* SPDX-License-Identifier: Apache-2.0
 *
 * watch_invoke(frame): see watch.c, whose struct watch_frame this knows by offsets. And functions that each spoil
 * one thing that a function must keep, so that a test can see the watch notice.
 */
#define FUNCTION     0
#define ARGUMENTS    8
#define KEEP         72
#define AFTER        216
#define RESULT       360
#define FLAGS        368
#define CONTROL      376
#define CONTROL_LEFT 384
#define CONTROL_OWN  392
#define WIDTH        400
#define VECTORS      448

#define BEGIN(name) .globl name; .hidden name; .type name, %function; .balign 16; name:
#define END(name)   .size name, . - name

        .text
#if defined(__x86_64__)
        .intel_syntax noprefix

BEGIN(watch_invoke)
        push    rbx
        push    rbp
        push    r12
        push    r13
        push    r14
        push    r15
        sub     rsp, 24
        mov     [rsp + 16], rdi
        mov     rax, [rdi + ARGUMENTS + 48]
        mov     [rsp], rax
        mov     rax, [rdi + ARGUMENTS + 56]
        mov     [rsp + 8], rax
        stmxcsr [rdi + CONTROL_OWN]
        fnstcw  [rdi + CONTROL_OWN + 4]
        ldmxcsr [rdi + CONTROL]
        fldcw   [rdi + CONTROL + 4]
        cmp     dword ptr [rdi + WIDTH], 0
        je      1f
        vzeroupper
1:      mov     rbx, [rdi + KEEP]
        mov     rbp, [rdi + KEEP + 8]
        mov     r12, [rdi + KEEP + 16]
        mov     r13, [rdi + KEEP + 24]
        mov     r14, [rdi + KEEP + 32]
        mov     r15, [rdi + KEEP + 40]
        mov     r11, [rdi + FUNCTION]
        mov     rsi, [rdi + ARGUMENTS + 8]
        mov     rdx, [rdi + ARGUMENTS + 16]
        mov     rcx, [rdi + ARGUMENTS + 24]
        mov     r8, [rdi + ARGUMENTS + 32]
        mov     r9, [rdi + ARGUMENTS + 40]
        mov     rdi, [rdi + ARGUMENTS]
        xor     eax, eax
        call    r11
        mov     r11, [rsp + 16]
        mov     [r11 + RESULT], rax
        mov     [r11 + AFTER], rbx
        mov     [r11 + AFTER + 8], rbp
        mov     [r11 + AFTER + 16], r12
        mov     [r11 + AFTER + 24], r13
        mov     [r11 + AFTER + 32], r14
        mov     [r11 + AFTER + 40], r15
        pushfq
        pop     qword ptr [r11 + FLAGS]
        cld
        stmxcsr [r11 + CONTROL_LEFT]
        fnstcw  [r11 + CONTROL_LEFT + 4]
        ldmxcsr [r11 + CONTROL_OWN]
        fldcw   [r11 + CONTROL_OWN + 4]
        cmp     dword ptr [r11 + WIDTH], 32
        jb      3f
        ja      2f
        .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
        vmovdqu [r11 + VECTORS + 64 * \n], ymm\n
        .endr
        vzeroupper
        jmp     3f
2:      .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
        vmovdqu64 [r11 + VECTORS + 64 * \n], zmm\n
        .endr
        vzeroupper
3:      add     rsp, 24
        pop     r15
        pop     r14
        pop     r13
        pop     r12
        pop     rbp
        pop     rbx
        ret
END(watch_invoke)

        .irp    n, rbx, rbp, r12, r13, r14, r15
BEGIN(watch_spoil_\n)
        inc     \n
        ret
END(watch_spoil_\n)
        .endr
BEGIN(watch_spoil_mxcsr)
        stmxcsr [rsp - 8]
        xor     dword ptr [rsp - 8], 0x2000
        ldmxcsr [rsp - 8]
        ret
END(watch_spoil_mxcsr)
BEGIN(watch_spoil_x87)
        fnstcw  [rsp - 8]
        xor     word ptr [rsp - 8], 0x400
        fldcw   [rsp - 8]
        ret
END(watch_spoil_x87)
BEGIN(watch_spoil_direction)
        std
        ret
END(watch_spoil_direction)
BEGIN(watch_spoil_ymm)
        vpcmpeqd ymm9, ymm9, ymm9
        ret
END(watch_spoil_ymm)
BEGIN(watch_spoil_zmm)
        vpternlogd zmm3, zmm3, zmm3, 0xff
        ret
END(watch_spoil_zmm)

#elif defined(__aarch64__)

BEGIN(watch_invoke)
        stp     x29, x30, [sp, -176]!
        mov     x29, sp
        stp     x19, x20, [sp, 16]
        stp     x21, x22, [sp, 32]
        stp     x23, x24, [sp, 48]
        stp     x25, x26, [sp, 64]
        stp     x27, x28, [sp, 80]
        stp     d8, d9, [sp, 96]
        stp     d10, d11, [sp, 112]
        stp     d12, d13, [sp, 128]
        stp     d14, d15, [sp, 144]
        str     x0, [sp, 160]
        mrs     x9, fpcr
        str     x9, [x0, CONTROL_OWN]
        ldr     x9, [x0, CONTROL]
        msr     fpcr, x9
        mov     x17, x0
        ldp     x19, x20, [x17, KEEP]
        ldp     x21, x22, [x17, KEEP + 16]
        ldp     x23, x24, [x17, KEEP + 32]
        ldp     x25, x26, [x17, KEEP + 48]
        ldp     x27, x28, [x17, KEEP + 64]
        ldp     d8, d9, [x17, KEEP + 80]
        ldp     d10, d11, [x17, KEEP + 96]
        ldp     d12, d13, [x17, KEEP + 112]
        ldp     d14, d15, [x17, KEEP + 128]
        ldr     x16, [x17, FUNCTION]
        ldp     x0, x1, [x17, ARGUMENTS]
        ldp     x2, x3, [x17, ARGUMENTS + 16]
        ldp     x4, x5, [x17, ARGUMENTS + 32]
        ldp     x6, x7, [x17, ARGUMENTS + 48]
        blr     x16
        ldr     x17, [sp, 160]
        str     x0, [x17, RESULT]
        stp     x19, x20, [x17, AFTER]
        stp     x21, x22, [x17, AFTER + 16]
        stp     x23, x24, [x17, AFTER + 32]
        stp     x25, x26, [x17, AFTER + 48]
        stp     x27, x28, [x17, AFTER + 64]
        stp     d8, d9, [x17, AFTER + 80]
        stp     d10, d11, [x17, AFTER + 96]
        stp     d12, d13, [x17, AFTER + 112]
        stp     d14, d15, [x17, AFTER + 128]
        str     xzr, [x17, FLAGS]
        mrs     x9, fpcr
        str     x9, [x17, CONTROL_LEFT]
        ldr     x9, [x17, CONTROL_OWN]
        msr     fpcr, x9
        ldp     x19, x20, [sp, 16]
        ldp     x21, x22, [sp, 32]
        ldp     x23, x24, [sp, 48]
        ldp     x25, x26, [sp, 64]
        ldp     x27, x28, [sp, 80]
        ldp     d8, d9, [sp, 96]
        ldp     d10, d11, [sp, 112]
        ldp     d12, d13, [sp, 128]
        ldp     d14, d15, [sp, 144]
        ldp     x29, x30, [sp], 176
        ret
END(watch_invoke)

        .irp    n, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28
BEGIN(watch_spoil_x\n)
        add     x\n, x\n, 1
        ret
END(watch_spoil_x\n)
        .endr
        .irp    n, 8, 9, 10, 11, 12, 13, 14, 15
BEGIN(watch_spoil_d\n)
        fmov    d\n, xzr
        ret
END(watch_spoil_d\n)
        .endr
BEGIN(watch_spoil_fpcr)
        mrs     x9, fpcr
        eor     x9, x9, 0x400000
        msr     fpcr, x9
        ret
END(watch_spoil_fpcr)
#endif
        .section .note.GNU-stack, "", %progbits
