/* A stand-in for libnvidia-ml with two GPUs: the first near cores 0 and 66, the second near none.
 * The environment variable FAKE_NVML=broken has it refuse to begin, as without a driver. */
#include <stdlib.h>
#include <string.h>

typedef void *device_t;
static int gpus[2];

int nvmlInit_v2(void) {
    const char *state = getenv("FAKE_NVML");
    return state != NULL && strcmp(state, "broken") == 0 ? 9 : 0;
}

int nvmlShutdown(void) { return 0; }

const char *nvmlErrorString(int error) {
    return error == 9 ? "Driver Not Loaded" : error == 6 ? "Not Found" : "Invalid Argument";
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, device_t *device) {
    if (index >= 2) return 2;
    *device = &gpus[index];
    return 0;
}

int nvmlDeviceGetHandleByUUID(const char *uuid, device_t *device) {
    if (strcmp(uuid, "GPU-1234") != 0) return 6;
    *device = &gpus[0];
    return 0;
}

int nvmlDeviceGetCpuAffinity(device_t device, unsigned words, unsigned long *set) {
    memset(set, 0, words * sizeof *set);
    if (device == &gpus[0]) {
        set[0] = 1;
        set[1] = 4;
    }
    return 0;
}
