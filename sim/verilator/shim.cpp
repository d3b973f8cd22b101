// C interface of a Verilated model, included behind the generated sources in one translation unit.
//
// The lines between the @ signs are replaced for the ports of the model: DRIVE copies packed 32-bit words
// to the inputs, SAMPLE copies the outputs to packed words, CLOCK(x) assigns the clock, LOAD makes the shell
// take the inputs.
//
// No exception and no exit leaves this file: $fatal, $stop, $finish and a region that does not converge
// are thrown by the vl_* hooks below and end up in hw_model::error.

#include <cstdint>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>

#define HW_EXPORT extern "C" __attribute__((visibility("default")))

void vl_fatal(const char* file, int line, const char*, const char* msg) {
    throw std::runtime_error(std::string(file ? file : "") + ":" + std::to_string(line) + ": " + (msg ? msg : ""));
}
void vl_stop(const char* file, int line, const char* hier) { vl_fatal(file, line, hier, "the Verilog called $stop"); }
void vl_finish(const char* file, int line, const char* hier) { vl_fatal(file, line, hier, "the Verilog called $finish"); }

double sc_time_stamp() { return 0; }

namespace {

struct hw_model {
    VerilatedContext context;
    std::unique_ptr<Vdut> top;
    std::string error;
    bool started = false;
};

inline void drive(Vdut* u, const uint32_t* w) {
    (void)u;
    (void)w;
@DRIVE@
}

inline void sample(Vdut* u, uint32_t* w) {
    (void)u;
    (void)w;
@SAMPLE@
}

inline void settle(hw_model* m, const uint32_t* in, uint32_t* out) {
    Vdut* const u = m->top.get();
    @CLOCK(0)@
    if (!m->started) {
        // An edge has a level before it: without this evaluation the first one would be missed.
        u->eval();
        m->started = true;
    }
    @LOAD@
    drive(u, in);
    u->eval();
    sample(u, out);
}

}  // namespace

// randomize: 0 starts every register at zero, 1 at random values made from the seed.
HW_EXPORT void* hw_new(int32_t randomize, uint32_t seed) {
    try {
        auto m = std::make_unique<hw_model>();
        m->context.randReset(randomize ? 2 : 0);
        if (randomize) m->context.randSeed(static_cast<int>(seed % 0x7fffffffu) + 1);
        m->top = std::make_unique<Vdut>(&m->context, "");
        return m.release();
    } catch (...) {
        return nullptr;
    }
}

HW_EXPORT void hw_delete(void* h) { delete static_cast<hw_model*>(h); }

// The message of the last failure; empty if there was none. Valid until the next call.
HW_EXPORT const char* hw_error(void* h) { return static_cast<hw_model*>(h)->error.c_str(); }

// Settles with the clock low, samples the outputs; no rising edge. Returns 0, or 1 on failure.
HW_EXPORT int32_t hw_eval(void* h, const uint32_t* in, uint32_t* out) {
    auto* m = static_cast<hw_model*>(h);
    try {
        settle(m, in, out);
        return 0;
    } catch (const std::exception& e) {
        m->error = e.what();
        return 1;
    }
}

// Runs `n` whole clocks. Inputs advance by `in_step` words a clock (0 holds them), outputs by `out_step`
// words (0 overwrites them). Returns the clocks completed: fewer than `n` on failure.
HW_EXPORT uint64_t hw_run(void* h, const uint32_t* in, uint64_t in_step, uint32_t* out, uint64_t out_step, uint64_t n) {
    auto* m = static_cast<hw_model*>(h);
    uint64_t done = 0;
    try {
        for (; done < n; ++done, in += in_step, out += out_step) {
            settle(m, in, out);
            Vdut* const u = m->top.get();
            (void)u;
            @CLOCK(1)@
            @RISE@
        }
    } catch (const std::exception& e) {
        m->error = e.what();
    }
    return done;
}
