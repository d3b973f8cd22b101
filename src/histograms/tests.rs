//! Sets: counting, files, merging, banks.
