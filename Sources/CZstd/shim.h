#pragma once
#include <zstd.h>
#include <zstd_errors.h>

/* The dictionaries of Dictionaries/README.md, each as the file holds it. A body names its dictionary by id, so one that
   has ever been shipped stays here. */
static const unsigned char guild_bodies_32769[] = {
#embed "Dictionaries/bodies-32769.zdict"
};

/* Swift does not import arrays of this size. */
static inline const void *guild_zstd_bodies_32769(size_t *count) {
    *count = sizeof guild_bodies_32769;
    return guild_bodies_32769;
}
