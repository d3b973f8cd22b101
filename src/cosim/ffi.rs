//! The one place with foreign calls: a Verilated model in a shared library.
//!
//! Why this is sound:
//! * the library is built from `sim/verilator/shim.cpp`, whose exported functions have exactly the types
//!   below; no exception crosses them;
//! * the model pointer comes from `hw_new`, is never null, is used by nobody else and is deleted once, before
//!   the library is unloaded (field order);
//! * the slices are checked here to be as long as the model's ports, for every clock asked for;
//! * a model may move between threads (it has its own `VerilatedContext` and uses no thread-local state
//!   between calls) but is not shared: every call takes `&mut self`.
#![allow(unsafe_code)]

use std::ffi::{c_char, c_void, CStr};
use std::path::Path;

use libloading::Library;

type New = unsafe extern "C" fn(i32, u32) -> *mut c_void;
type Delete = unsafe extern "C" fn(*mut c_void);
type ErrorText = unsafe extern "C" fn(*mut c_void) -> *const c_char;
type Eval = unsafe extern "C" fn(*mut c_void, *const u32, *mut u32) -> i32;
type Run = unsafe extern "C" fn(*mut c_void, *const u32, u64, *mut u32, u64, u64) -> u64;

/// A model and the library that it lives in.
#[derive(Debug)]
pub(super) struct Model {
    instance: Instance,
    eval: Eval,
    run: Run,
    error: ErrorText,
    inputs: usize,
    outputs: usize,
    // Last: the code must outlive `instance`.
    _library: Library,
}

#[derive(Debug)]
struct Instance {
    handle: *mut c_void,
    delete: Delete,
}

// SAFETY: see the third and fourth points above.
unsafe impl Send for Instance {}

impl Drop for Instance {
    fn drop(&mut self) {
        // SAFETY: `handle` came from `hw_new` of the library still loaded, and is deleted only here.
        unsafe { (self.delete)(self.handle) }
    }
}

impl Model {
    /// Loads the library at `path` and makes one model, whose ports take `inputs` and `outputs` words.
    /// `seed` starts the registers at random values, `None` at zero.
    pub(super) fn load(path: &Path, inputs: usize, outputs: usize, seed: Option<u32>) -> Result<Self, String> {
        // SAFETY: the library was built by this crate from its own shim; its static initialisers are those of
        // the C++ standard library and of Verilator's runtime. The symbols have the types given.
        unsafe {
            let library = Library::new(path).map_err(|e| e.to_string())?;
            let new = *library.get::<New>(b"hw_new\0").map_err(|e| e.to_string())?;
            let delete = *library.get::<Delete>(b"hw_delete\0").map_err(|e| e.to_string())?;
            let error = *library.get::<ErrorText>(b"hw_error\0").map_err(|e| e.to_string())?;
            let eval = *library.get::<Eval>(b"hw_eval\0").map_err(|e| e.to_string())?;
            let run = *library.get::<Run>(b"hw_run\0").map_err(|e| e.to_string())?;
            let handle = new(i32::from(seed.is_some()), seed.unwrap_or(0));
            if handle.is_null() {
                return Err("the model could not be constructed".into());
            }
            Ok(Model { instance: Instance { handle, delete }, eval, run, error, inputs, outputs, _library: library })
        }
    }

    /// Settles with the clock low and samples the outputs.
    pub(super) fn eval(&mut self, inputs: &[u32], outputs: &mut [u32]) -> Result<(), String> {
        assert!(inputs.len() == self.inputs && outputs.len() == self.outputs, "packed ports of another model");
        // SAFETY: the lengths were checked; the handle is live.
        match unsafe { (self.eval)(self.instance.handle, inputs.as_ptr(), outputs.as_mut_ptr()) } {
            0 => Ok(()),
            _ => Err(self.message()),
        }
    }

    /// Runs `clocks` whole clocks with the inputs held; the outputs are those of the last one.
    pub(super) fn hold(&mut self, inputs: &[u32], outputs: &mut [u32], clocks: u64) -> (u64, Result<(), String>) {
        assert!(inputs.len() == self.inputs && outputs.len() == self.outputs, "packed ports of another model");
        // SAFETY: both steps are zero, so only one clock's worth of either slice is touched.
        let done = unsafe { (self.run)(self.instance.handle, inputs.as_ptr(), 0, outputs.as_mut_ptr(), 0, clocks) };
        (done, if done == clocks { Ok(()) } else { Err(self.message()) })
    }

    /// Runs `clocks` whole clocks, each with its own row of `inputs` and `outputs`.
    pub(super) fn table(&mut self, inputs: &[u32], outputs: &mut [u32], clocks: usize) -> (u64, Result<(), String>) {
        let long_enough = |have: usize, row: usize| row.checked_mul(clocks) == Some(have);
        assert!(long_enough(inputs.len(), self.inputs) && long_enough(outputs.len(), self.outputs), "wrong table size");
        let (rows_in, rows_out, n) = (self.inputs as u64, self.outputs as u64, clocks as u64);
        // SAFETY: each slice holds exactly `clocks` rows of the step given.
        let done =
            unsafe { (self.run)(self.instance.handle, inputs.as_ptr(), rows_in, outputs.as_mut_ptr(), rows_out, n) };
        (done, if done == n { Ok(()) } else { Err(self.message()) })
    }

    fn message(&self) -> String {
        // SAFETY: the text belongs to the model and stays until the next call; it is copied here.
        unsafe { CStr::from_ptr((self.error)(self.instance.handle)).to_string_lossy().into_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::{run, ToolBox};

    // Two words in; out: their sum and the count of rising edges. Fails at the clock whose first word is 99.
    // Deleting a model appends to the file GRAVE.
    const SOURCE: &str = r#"
        #include <cstdint>
        #include <cstdio>
        struct model { uint32_t edges, first; };
        extern "C" void* hw_new(int32_t randomize, uint32_t seed) {
            return seed == 13 ? nullptr : new model{randomize ? seed : 0, 0};
        }
        extern "C" void hw_delete(void* h) {
            FILE* f = fopen(GRAVE, "a"); fputs("x", f); fclose(f);
            delete static_cast<model*>(h);
        }
        extern "C" const char* hw_error(void*) { return "ninety-nine"; }
        extern "C" int32_t hw_eval(void* h, const uint32_t* in, uint32_t* out) {
            out[0] = in[0] + in[1]; out[1] = static_cast<model*>(h)->edges;
            return in[0] == 99;
        }
        extern "C" uint64_t hw_run(void* h, const uint32_t* in, uint64_t is, uint32_t* out, uint64_t os, uint64_t n) {
            uint64_t done = 0;
            for (; done < n; ++done, in += is, out += os) {
                if (hw_eval(h, in, out)) break;
                static_cast<model*>(h)->edges++;
            }
            return done;
        }
    "#;

    fn compile(dir: &Path, source: &str) -> std::path::PathBuf {
        let (file, library) = (dir.join("model.cc"), dir.join("model.so"));
        std::fs::write(&file, source).unwrap();
        let mut command = std::process::Command::new(ToolBox::from_env().cxx().unwrap().path);
        command.arg(format!("-DGRAVE=\"{}\"", dir.join("grave").display()));
        run(command.args(["-std=c++17", "-shared", "-fPIC", "-o"]).arg(&library).arg(&file)).unwrap();
        library
    }

    #[test]
    fn calls_reach_the_model_and_it_is_deleted_once() {
        let dir = tempfile::tempdir().unwrap();
        let library = compile(dir.path(), SOURCE);
        let mut model = Model::load(&library, 2, 2, Some(5)).unwrap();
        let mut out = [0; 2];
        model.eval(&[3, 4], &mut out).unwrap();
        assert_eq!(out, [7, 5]);
        assert_eq!(model.hold(&[1, 1], &mut out, 10), (10, Ok(())));
        assert_eq!(out, [2, 14]);
        let mut rows = [0; 6];
        assert_eq!(model.table(&[1, 2, 3, 4, 5, 6], &mut rows, 3), (3, Ok(())));
        assert_eq!(rows, [3, 15, 7, 16, 11, 17]);
        assert_eq!(model.table(&[1, 2, 99, 4, 5, 6], &mut rows, 3), (1, Err("ninety-nine".into())));
        assert_eq!(model.eval(&[99, 0], &mut out), Err("ninety-nine".into()));
        let moved = std::thread::spawn(move || model.hold(&[0, 0], &mut [0; 2], 1));
        assert_eq!(moved.join().unwrap(), (1, Ok(())));
        assert_eq!(std::fs::read_to_string(dir.path().join("grave")).unwrap(), "x");
    }

    #[test]
    fn what_cannot_be_loaded_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let library = compile(dir.path(), SOURCE);
        let refused = |path: &Path, seed| Model::load(path, 2, 2, seed).unwrap_err();
        assert_eq!(refused(&library, Some(13)), "the model could not be constructed");
        let other = tempfile::tempdir().unwrap();
        assert!(refused(&other.path().join("none.so"), None).contains("none.so"));
        let partial = compile(other.path(), "extern \"C\" int hw_new() { return 0; }");
        assert!(refused(&partial, None).contains("hw_delete"));
    }

    #[test]
    #[should_panic(expected = "wrong table size")]
    fn a_short_table_never_reaches_the_model() {
        let dir = tempfile::tempdir().unwrap();
        let mut model = Model::load(&compile(dir.path(), SOURCE), 2, 2, None).unwrap();
        let _ = model.table(&[1, 2, 3], &mut [0; 4], 2);
    }
}
