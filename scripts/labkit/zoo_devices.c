// SPDX-License-Identifier: GPL-2.0-or-later
/* The zoo's mappings of things that are no files: rings, devices, /proc and /sys. */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/bpf.h>
#include <linux/if_packet.h>
#include <linux/io_uring.h>
#include <linux/perf_event.h>
#include <net/ethernet.h>
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "lab.h"

#define RW (PROT_READ | PROT_WRITE)

static void uring(void)
{
	/* With a kernel thread that polls for us: since 5.12 it is a thread of this process. */
	struct io_uring_params params = { .flags = IORING_SETUP_SQPOLL, .sq_thread_idle = 1 };
	int fd = syscall(SYS_io_uring_setup, 8, &params);

	if (fd < 0) {
		lab_note("io_uring");
		return;
	}
	lab_map("io_uring sq", NULL, params.sq_off.array + params.sq_entries * 4, RW,
		MAP_SHARED | MAP_POPULATE, fd, IORING_OFF_SQ_RING);
	lab_map("io_uring sqes", NULL, params.sq_entries * sizeof(struct io_uring_sqe), RW,
		MAP_SHARED | MAP_POPULATE, fd, IORING_OFF_SQES);
}

static void perf(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE, .size = sizeof(attr),
		.config = PERF_COUNT_SW_DUMMY, .disabled = 1,
	};
	int fd = syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);

	if (fd < 0)
		lab_note("perf_event_open");
	else
		lab_map("perf", NULL, 5 * LAB_PAGE, RW, MAP_SHARED, fd, 0);
}

static void packet(void)
{
	int fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
	struct tpacket_req req = {
		.tp_block_size = LAB_PAGE, .tp_block_nr = 4,
		.tp_frame_size = 2048, .tp_frame_nr = 4 * LAB_PAGE / 2048,
	};

	if (fd < 0 || setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &req, sizeof(req)))
		lab_note("packet socket");
	else
		lab_map("packet ring", NULL, 4 * LAB_PAGE, RW, MAP_SHARED, fd, 0);
}

static void aio(void)
{
	aio_context_t ctx = 0;

	if (syscall(SYS_io_setup, 16, &ctx))
		lab_note("io_setup");
}

static void bpf(void)
{
#ifdef BPF_F_MMAPABLE
	union bpf_attr attr = { 0 };

	attr.map_type = BPF_MAP_TYPE_ARRAY;
	attr.key_size = 4;
	attr.value_size = LAB_PAGE;
	attr.max_entries = 2;
	attr.map_flags = BPF_F_MMAPABLE;
	int fd = syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr));
	if (fd < 0)
		lab_note("bpf map");
	else
		lab_map("bpf map", NULL, 2 * LAB_PAGE, RW, MAP_SHARED, fd, 0);
#endif
}

#ifdef __x86_64__
static void device(const char *path, off_t offset, size_t len)
{
	int fd = open(path, O_RDWR);

	if (fd < 0)
		lab_note(path);
	else
		lab_map(path, NULL, len, PROT_READ, MAP_SHARED, fd, offset);
}
#endif

/* The memory of the first PCI device that has some. */
static void pci(void)
{
	char path[300];
	struct dirent *d;
	struct stat st;
	DIR *dir = opendir("/sys/bus/pci/devices");

	while (dir && (d = readdir(dir)) != NULL)
		for (int i = 0; i < 6; i++) {
			snprintf(path, sizeof(path), "/sys/bus/pci/devices/%.200s/resource%d", d->d_name, i);
			if (stat(path, &st) || st.st_size < (off_t)LAB_PAGE)
				continue;
			int fd = open(path, O_RDWR);
			char *p = mmap(NULL, LAB_PAGE, PROT_READ, MAP_SHARED, fd, 0);
			close(fd);
			if (p != MAP_FAILED) {
				closedir(dir);
				return;
			}
		}
	lab_note("pci resource");
	if (dir)
		closedir(dir);
}

void zoo_devices(void)
{
	uring();
	perf();
	packet();
	aio();
	bpf();
	pci();
#ifdef __x86_64__
	device("/dev/mem", 0xa0000, 2 * LAB_PAGE);
#endif
}
