#pragma once
#include <git2.h>
#include <stdio.h>
#include <zlib.h>

/* git_libgit2_opts is variadic, which Swift does not import. */
static inline int guild_git_set_owner_validation(int enabled) {
    return git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, enabled);
}
static inline int guild_git_set_cache_max_size(ssize_t bytes) {
    return git_libgit2_opts(GIT_OPT_SET_CACHE_MAX_SIZE, bytes);
}
/* Objects and refs are synced to disk before they count as written. For the whole process. */
static inline int guild_git_set_fsync(int enabled) {
    return git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, enabled);
}

/* Whether the loose object in the file `descriptor`, which is taken over, is a whole zlib stream.
   libgit2 1.5 goes on for ever inflating a stream that ends early (git_zstream_get_output). An object of more than
   `limit` bytes counts as whole unread: its header says how large it is, and nobody inflates it. */
static inline int guild_git_loose_object_is_whole(int descriptor, size_t limit) {
    FILE *file = fdopen(descriptor, "rb");
    if (!file) return 0;
    z_stream stream = {0};
    if (inflateInit(&stream) != Z_OK) {
        fclose(file);
        return 0;
    }
    unsigned char input[16384], output[65536];
    int state = Z_OK;
    while ((state == Z_OK || state == Z_BUF_ERROR) && stream.total_out <= limit) {
        if (stream.avail_in == 0) {
            stream.next_in = input;
            stream.avail_in = (uInt)fread(input, 1, sizeof input, file);
            if (stream.avail_in == 0) break;
        }
        stream.next_out = output;
        stream.avail_out = sizeof output;
        state = inflate(&stream, Z_NO_FLUSH);
    }
    int is_whole = state == Z_STREAM_END || stream.total_out > limit;
    inflateEnd(&stream);
    fclose(file);
    return is_whole;
}
