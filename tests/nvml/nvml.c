/* A stand-in for NVIDIA's management library, for tests.
 *
 * The world is read anew at every call, from the file beside the library whose name is the library's with ".world" after it, so
 * that a test can change it while a program runs, and copies of the library are machines of their own. Its lines:
 *
 *   device NAME TOTAL USED     one device, bytes; the name has no spaces
 *   process DEVICE PID USED    a process that computes on a device
 *   lost DEVICE                that device fell off the bus
 *   no-driver                  the library cannot be started, and what was started fails
 *
 * The functions are those that nvml-wrapper 0.13 calls; the structures are those of nvml.h.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

enum { SUCCESS = 0, UNINITIALIZED = 1, INVALID_ARGUMENT = 2, INSUFFICIENT_SIZE = 7, DRIVER_NOT_LOADED = 9, GPU_IS_LOST = 15 };
enum { MOST = 16 };

typedef struct { unsigned version; unsigned long long total, reserved, free, used; } memory_v2;
typedef struct { unsigned pid; unsigned long long used; unsigned gpu_instance, compute_instance; } process_info;

struct device { char name[64]; unsigned long long total, used; int lost; };
struct process { unsigned device, pid; unsigned long long used; };
struct world { int no_driver; unsigned devices, processes; struct device device[MOST]; struct process process[MOST]; };

static int started = 0;

static struct world look(void) {
    struct world world;
    memset(&world, 0, sizeof world);
    Dl_info library;
    char path[4096];
    FILE *file = NULL;
    if (dladdr((void *)&started, &library)) {
        snprintf(path, sizeof path, "%s.world", library.dli_fname);
        file = fopen(path, "r");
    }
    if (!file) {
        world.no_driver = 1;
        return world;
    }
    char line[256];
    while (fgets(line, sizeof line, file)) {
        struct device *device = &world.device[world.devices % MOST];
        struct process *process = &world.process[world.processes % MOST];
        unsigned index;
        if (sscanf(line, "device %63s %llu %llu", device->name, &device->total, &device->used) == 3)
            world.devices += world.devices < MOST - 1;
        else if (sscanf(line, "process %u %u %llu", &process->device, &process->pid, &process->used) == 3)
            world.processes += world.processes < MOST - 1;
        else if (sscanf(line, "lost %u", &index) == 1 && index < MOST)
            world.device[index].lost = 1;
        else if (strncmp(line, "no-driver", 9) == 0)
            world.no_driver = 1;
    }
    fclose(file);
    return world;
}

static int ready(const struct world *world) {
    if (!started) return UNINITIALIZED;
    return world->no_driver ? DRIVER_NOT_LOADED : SUCCESS;
}

/* A handle is the number of its device, counted from 1. */
static int find(void *handle, struct world *world, unsigned *index) {
    *world = look();
    *index = (unsigned)(size_t)handle - 1;
    int code = ready(world);
    if (code != SUCCESS) return code;
    if (*index >= world->devices) return INVALID_ARGUMENT;
    return world->device[*index].lost ? GPU_IS_LOST : SUCCESS;
}

int nvmlInit_v2(void) {
    struct world world = look();
    if (world.no_driver) return DRIVER_NOT_LOADED;
    started++;
    return SUCCESS;
}

int nvmlShutdown(void) {
    if (!started) return UNINITIALIZED;
    started--;
    return SUCCESS;
}

const char *nvmlErrorString(int code) {
    return code == SUCCESS ? "Success" : code == GPU_IS_LOST ? "GPU is lost" : "Failure";
}

int nvmlSystemGetDriverVersion(char *text, unsigned length) {
    snprintf(text, length, "550.00");
    return SUCCESS;
}

int nvmlDeviceGetCount_v2(unsigned *count) {
    struct world world = look();
    *count = world.devices;
    return ready(&world);
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **handle) {
    struct world world;
    *handle = (void *)(size_t)(index + 1);
    return find(*handle, &world, &index);
}

int nvmlDeviceGetName(void *handle, char *text, unsigned length) {
    struct world world;
    unsigned index;
    int code = find(handle, &world, &index);
    if (code == SUCCESS) snprintf(text, length, "%s", world.device[index].name);
    return code;
}

int nvmlDeviceGetMemoryInfo_v2(void *handle, memory_v2 *memory) {
    struct world world;
    unsigned index;
    if (memory->version != (sizeof *memory | 2u << 24)) return INVALID_ARGUMENT;
    int code = find(handle, &world, &index);
    if (code != SUCCESS) return code;
    const struct device *device = &world.device[index];
    memory->total = device->total;
    memory->reserved = 0;
    memory->used = device->used;
    memory->free = device->used < device->total ? device->total - device->used : 0;
    return SUCCESS;
}

int nvmlDeviceGetComputeRunningProcesses_v3(void *handle, unsigned *count, process_info *infos) {
    struct world world;
    unsigned index, found = 0, room = infos ? *count : 0;
    int code = find(handle, &world, &index);
    if (code != SUCCESS) return code;
    for (unsigned i = 0; i < world.processes; i++) {
        if (world.process[i].device != index) continue;
        if (found < room) {
            infos[found].pid = world.process[i].pid;
            infos[found].used = world.process[i].used;
            infos[found].gpu_instance = infos[found].compute_instance = 0xFFFFFFFF;
        }
        found++;
    }
    *count = found;
    return found > room ? INSUFFICIENT_SIZE : SUCCESS;
}

int nvmlDeviceGetGraphicsRunningProcesses_v3(void *handle, unsigned *count, process_info *infos) {
    struct world world;
    unsigned index;
    (void)infos;
    *count = 0;
    return find(handle, &world, &index);
}
