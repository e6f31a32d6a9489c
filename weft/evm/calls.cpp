// Message calls and contract creation (yellow paper, sections 7 and 8).
#include "weft/evm/core.hpp"
#include "weft/evm/create_address.hpp"
#include "weft/evm/trace.hpp"

namespace weft::evm {
namespace {

constexpr uint256 zero;

/// The account at `address`, warmed and charged for: the opcode's static gas holds the warm price (EIP-2929).
/// `more` must be there as well, or the account is not accessed (EIP-7928). nullptr: f->status says why.
AccountEntry* called_account(Frame* f, const Address& address, Gas& gas, Gas cold_price,
                             Gas more = 0) noexcept {
    Core& core = *f->core;
    AccountEntry& place = core.journal.entry_of(address);
    if (core.rules->eip2929 && core.journal.warm(place)) gas -= cold_price;
    if (gas < more) {
        gas -= more;
        f->status = Status::out_of_gas;
        return nullptr;
    }
    AccountEntry* const account = core.journal.loaded(place);
    if (account == nullptr) f->status = Status::state_error;
    return account;
}

/// The code that a call to `account` runs, a delegation followed once and paid for (EIP-7702). nullptr:
/// f->status says why.
const state::Code* called_code(Frame* f, AccountEntry& account, Gas& gas, bool& delegated) noexcept {
    Core& core = *f->core;
    const state::Code* code = core.journal.code(account);
    if (code != nullptr && code->delegation() && core.rules->eip7702) {
        delegated = true;
        gas -= gas::warm_access;
        AccountEntry* const delegate = called_account(f, *code->delegation(), gas, gas::cold_account_extra);
        if (delegate == nullptr) return nullptr;
        code = core.journal.code(*delegate);
    }
    if (code == nullptr) f->status = Status::state_error;
    return code;
}

/// What a call takes for bringing an account into being.
Gas creation_cost(Core& core, CallKind kind, AccountEntry& target, const uint256& value) noexcept {
    if (kind != CallKind::call) return 0;
    const bool is_new =
        core.rules->eip158 ? !value.is_zero() && core.journal.is_empty(target) : !core.journal.exists(target);
    return is_new ? gas::new_account : 0;
}

}  // namespace

void Core::move_value(AccountEntry& from, AccountEntry& to, const uint256& value) {
    journal.debit(from, value);
    journal.credit(to, value);
    if (inspector != nullptr) inspector->balance_moved(from.address, to.address, value);
}

Frame* Core::call(Frame* f, CallKind kind, const Instruction* ip, uint256* sp, Gas gas) {
    const bool has_value = kind == CallKind::call || kind == CallKind::call_code;
    const uint256& value = has_value ? sp[-2] : zero;
    uint256* const ranges =
        has_value ? sp - 3 : sp - 2;  // input offset and size, output offset and size, downward
    if (kind == CallKind::call && f->is_static && !value.is_zero())
        return fail(f, Status::static_state_change, gas);  // EIP-214
    gas = reach(f, ranges[0], ranges[-1], gas);
    if (gas >= 0) gas = reach(f, ranges[-2], ranges[-3], gas);
    if (gas < 0) return fail(f, f->status, gas);
    if (is_due() && ends()) return fail(f, Status::aborted, gas);

    const Address address = address_of(sp[-1]);
    const Gas value_cost = value.is_zero() ? 0 : gas::call_value;
    AccountEntry* const target = called_account(f, address, gas, gas::cold_account_extra, value_cost);
    if (target == nullptr) return fail(f, f->status, gas);
    gas -= value_cost + creation_cost(*this, kind, *target, value);
    // Before EIP-150 what is passed on counts as well; of a call that fails that is only for tracers to see.
    const auto counted = [&] {
        return rules->eip150 ? 0 : static_cast<Gas>(std::min(sp[0].saturate(), gas::most_counted));
    };
    if (gas < 0) return fail(f, Status::out_of_gas, gas - counted());
    bool delegated = false;
    const state::Code* const code = called_code(f, *target, gas, delegated);
    if (code == nullptr) return fail(f, f->status, gas);

    const uint64_t requested = sp[0].saturate(),
                   limit = static_cast<uint64_t>(rules->eip150 ? gas - gas / 64 : gas);
    if (requested > limit && !rules->eip150) return fail(f, Status::out_of_gas, gas - counted());
    const auto passed = static_cast<Gas>(std::min(requested, limit));
    f->ip = ip + 1;
    f->sp = ranges - 3;
    f->gas = gas - passed;
    if (inspector != nullptr) trace_step_end(*this, f->gas, Status::success);

    const bool own_storage = kind == CallKind::call_code || kind == CallKind::delegate_call;
    const BytesView input{f->memory + (ranges[-1].is_zero() ? 0 : ranges[0].limb[0]), ranges[-1].limb[0]};
    const PendingCall pending{
        .kind = kind,
        .is_static = f->is_static || kind == CallKind::static_call,
        .gas = value.is_zero() ? passed : passed + gas::call_stipend,
        .from = f->account,
        .to = own_storage ? f->account : target,
        .sender = kind == CallKind::delegate_call ? f->sender : f->account->address,
        .code_address = address,
        .value = kind == CallKind::delegate_call ? f->value : value,
        .transfers_value = !own_storage,
        .runs_precompile = !delegated,
        .code = code,
        .input = input,
        .output_offset = ranges[-2].limb[0],
        .output_size = ranges[-3].limb[0],
    };
    Status refused = Status::success;
    if (f->depth >= max_call_depth)
        refused = Status::call_depth_exceeded;
    else if (!value.is_zero() && !journal.covers(*f->account, value))
        refused = Status::insufficient_balance;
    if (refused != Status::success) [[unlikely]] {
        if (inspector != nullptr) inspect_entry(f, pending);
        return answer(f, refused, pending.gas, {}, 0, 0);
    }
    return begin_call(f, pending);
}

Frame* Core::begin_call(Frame* caller, const PendingCall& call) {
    if (inspector != nullptr) inspect_entry(caller, call);
    const Journal::Snapshot snapshot = journal.snapshot();
    if (call.transfers_value) {
        // An account with code isn't empty, so that touching it has no effect (EIP-161).
        if (!call.value.is_zero())
            move_value(*call.from, *call.to, call.value);
        else if (call.code->size() == 0)
            journal.touch(*call.to);
    }
    if (call.runs_precompile)
        if (const auto precompile = precompiles->find(call.code_address))
            return run_precompile(caller, call, precompile, snapshot);
    if (call.code->size() == 0) return answer(caller, Status::success, call.gas, {}, 0, 0);

    Frame* const f = push_frame(caller, call, snapshot);
    f->code = call.code->bytes().data();
    f->code_size = call.code->size();
    f->program = Program::of(*call.code, rules->revision, inspector != nullptr);
    if (f->program == nullptr && !translate_alone(f)) [[unlikely]]
        return end_run(Status::resource_limit);
    f->input = call.input.data();
    f->input_size = call.input.size();
    f->ip = f->program->entry();
    return f;
}

Frame* Core::push_frame(Frame* caller, const PendingCall& call, const Journal::Snapshot& snapshot) {
    Frame* const f = frame_after(caller);
    f->stack_base = caller == nullptr ? words.data() : caller->sp;
    f->memory = caller == nullptr ? memory.data() : caller->memory + caller->memory_size;
    f->memory_size = 0;
    f->memory_cost = 0;
    f->account = call.to;
    f->sp = f->stack_base;
    f->gas = call.gas;
    f->output_offset = call.output_offset;
    f->output_size = call.output_size;
    f->sender = call.sender;
    f->kind = call.kind;
    f->is_static = call.is_static;
    f->depth = caller == nullptr ? 0 : caller->depth + 1;
    f->value = call.value;
    f->snapshot = snapshot;
    f->owns_program = false;
    return_data = {};
    return f;
}

Frame* Core::run_precompile(Frame* caller, const PendingCall& call, const PrecompileSet::Found& precompile,
                            const Journal::Snapshot& snapshot) {
    PrecompileOutcome outcome{Status::precompile_failure, 0};
    return_buffer.clear();
    if (precompile.stateful != nullptr) {
        outcome = precompile.stateful({.journal = journal,
                                       .block = block,
                                       .input = call.input,
                                       .gas = static_cast<uint64_t>(call.gas),
                                       .sender = call.sender,
                                       .recipient = call.to->address,
                                       .value = call.value,
                                       .is_static = call.is_static},
                                      return_buffer);
        if (ends_run(outcome.status)) return end_run(outcome.status);
    } else {
        const uint64_t cost = precompile.plain->gas(call.input, rules->revision);
        if (cost > static_cast<uint64_t>(call.gas))
            outcome.status = Status::out_of_gas;
        else if (precompile.plain->run(call.input, rules->revision, return_buffer))
            outcome = {Status::success, static_cast<uint64_t>(call.gas) - cost};
    }
    const bool answers = outcome.status == Status::success || outcome.status == Status::revert;
    if (outcome.status != Status::success) journal.revert(snapshot);
    return answer(caller, outcome.status, answers ? static_cast<Gas>(outcome.gas_left) : 0,
                  answers ? BytesView{return_buffer} : BytesView{}, call.output_offset, call.output_size);
}

Frame* Core::answer(Frame* caller, Status status, Gas gas, BytesView output, uint64_t output_offset,
                    uint64_t output_size) {
    if (inspector != nullptr) inspect_exit(caller == nullptr ? 0 : caller->depth + 1, status, gas, output);
    return_data = output;
    if (caller == nullptr) {
        result = {status, static_cast<uint64_t>(gas), output};
        return nullptr;
    }
    caller->gas += gas;
    *caller->sp = uint256{status == Status::success ? uint64_t{1} : 0};
    const uint64_t copied = std::min<uint64_t>(output.size(), output_size);
    if (copied != 0) std::memcpy(caller->memory + output_offset, output.data(), copied);
    return caller;
}

Frame* Core::answer_creation(Frame* caller, Status status, Gas gas, BytesView output,
                             const Address& created) {
    if (inspector != nullptr) inspect_exit(caller == nullptr ? 0 : caller->depth + 1, status, gas, output);
    return_data = output;
    if (caller == nullptr) {
        result = {status, static_cast<uint64_t>(gas), output};
        return nullptr;
    }
    caller->gas += gas;
    *caller->sp = status == Status::success ? word_of(created) : uint256{};
    return caller;
}

bool Core::translate_alone(Frame* f) noexcept {
    f->translation = passing.mark();
    f->owns_program = true;
    f->program = Program::make({f->code, f->code_size}, rules->revision, inspector != nullptr, passing);
    return f->program != nullptr;
}

const Instruction* Core::jump_target(Frame* f, uint64_t pc) noexcept {
    const Instruction* target = f->program->reach(pc, f->status);
    if (target == nullptr && f->status == Status::resource_limit && !f->owns_program && translate_alone(f))
        target = f->program->reach(pc, f->status);
    return target;
}

const Instruction* Core::follow(Frame* f, const Instruction* ip) noexcept {
    Program::Way way;
    const Instruction* target = f->program->follow(ip, f->status, way);
    if (target == nullptr && f->status == Status::resource_limit && !f->owns_program && translate_alone(f))
        target = f->program->enter(way, f->status);
    return target;
}

Frame* Core::end_run(Status status) noexcept {
    result = {status, 0, {}};
    return nullptr;
}

Frame* Core::leave(Frame* f, Status status, Gas gas, BytesView output) {
    if (ends_run(status)) [[unlikely]]
        return end_run(status);
    if (inspector != nullptr && step_pending) trace_step_end(*this, gas, status);
    const bool creates = is_creation(f->kind);
    if (f->owns_program) passing.rewind(f->translation);
    if (creates && status == Status::success) {
        status = deposit_code(f, output, gas);
        output = {};
    }
    if (status != Status::success) {
        journal.revert(f->snapshot);
        if (status != Status::revert) {
            gas = 0;
            output = {};
        }
    }
    // The caller's memory may grow over the callee's, where the output lies.
    return_buffer.assign(output.begin(), output.end());
    Frame* const caller = f->depth == 0 ? nullptr : f - 1;
    if (creates) return answer_creation(caller, status, gas, return_buffer, f->account->address);
    return answer(caller, status, gas, return_buffer, f->output_offset, f->output_size);
}

Status Core::deposit_code(Frame* f, BytesView code, Gas& gas) {
    if (rules->eip158 && code.size() > max_code_size) return Status::code_too_large;  // EIP-170
    if (rules->eip3541 && !code.empty() && code[0] == 0xef) return Status::invalid_code_prefix;
    const Gas cost = gas::code_deposit_byte * static_cast<Gas>(code.size());
    if (gas < cost) {
        // In Frontier a contract that can't pay for its code comes into being without (EIP-2).
        return rules->eip2 ? Status::out_of_gas : Status::success;
    }
    gas -= cost;
    if (!code.empty()) journal.set_code(*f->account, code);
    if (inspector != nullptr) inspector->created(f->account->address, code);
    return Status::success;
}

Frame* Core::create(Frame* f, CallKind kind, const Instruction* ip, uint256* sp, Gas gas) {
    if (f->is_static) return fail(f, Status::static_state_change, gas);  // EIP-214
    const uint256 &value = sp[0], &size = sp[-2];
    if (rules->eip3860 && size.saturate() > max_init_code_size)
        return fail(f, Status::init_code_too_large, gas);
    gas = reach(f, sp[-1], size, gas);
    if (gas < 0) return fail(f, f->status, gas);
    const auto init_words = static_cast<Gas>(word_count(size.limb[0]));
    if (rules->eip3860) gas -= gas::init_code_word * init_words;
    if (kind == CallKind::create2) gas -= gas::keccak_word * init_words;  // EIP-1014
    if (gas < 0) return fail(f, Status::out_of_gas, gas);
    if (stopped()) return fail(f, Status::aborted, gas);
    if (inspector != nullptr) trace_step_end(*this, gas, Status::success);

    const Gas passed = rules->eip150 ? gas - gas / 64 : gas;
    f->ip = ip + 1;
    f->sp = sp - (kind == CallKind::create2 ? 3 : 2);
    f->gas = gas - passed;
    const BytesView init_code{f->memory + (size.is_zero() ? 0 : sp[-1].limb[0]), size.limb[0]};
    const Address& sender = f->account->address;

    Status refused = Status::success;
    if (f->depth >= max_call_depth)
        refused = Status::call_depth_exceeded;
    else if (!value.is_zero() && !journal.covers(*f->account, value))
        refused = Status::insufficient_balance;
    if (refused != Status::success && inspector == nullptr)
        return answer_creation(f, refused, passed, {}, {});
    const uint64_t nonce = journal.nonce(*f->account);
    if (refused == Status::success && nonce == ~uint64_t{0}) refused = Status::nonce_overflow;  // EIP-2681
    if (refused == Status::success) journal.set_nonce(*f->account, nonce + 1);

    const Address address = kind == CallKind::create2 ? create2_address(sender, sp[-3], init_code)
                                                      : create_address(sender, nonce);
    AccountEntry& place = journal.entry_of(address);
    const PendingCall creation{.kind = kind,
                               .is_static = false,
                               .gas = passed,
                               .from = f->account,
                               .to = &place,
                               .sender = sender,
                               .code_address = address,
                               .value = value,
                               .transfers_value = true,
                               .runs_precompile = false,
                               .code = nullptr,
                               .input = init_code,
                               .output_offset = 0,
                               .output_size = 0};
    if (refused != Status::success) {
        if (inspector != nullptr) inspect_entry(f, creation);
        return answer_creation(f, refused, passed, {}, {});
    }
    if (rules->eip2929) journal.warm(place);  // stays warm where the creation fails
    if (journal.loaded(place) == nullptr) return end_run(Status::state_error);
    return begin_creation(f, creation);
}

Frame* Core::begin_creation(Frame* caller, const PendingCall& creation) {
    if (inspector != nullptr) inspect_entry(caller, creation);
    AccountEntry& account = *creation.to;
    bool taken =
        journal.nonce(account) != 0 || journal.code_hash(account) != crypto::empty_code_hash;  // EIP-684
    if (!taken) {
        const std::optional<bool> has_storage = journal.has_storage(account);  // EIP-7610
        if (!has_storage) return end_run(Status::state_error);
        taken = *has_storage;
    }
    if (taken) return answer_creation(caller, Status::address_collision, 0, {}, {});

    const Journal::Snapshot snapshot = journal.snapshot();
    journal.create(account);
    if (rules->eip158) journal.set_nonce(account, 1);
    if (creation.transfers_value && !creation.value.is_zero())
        move_value(*creation.from, account, creation.value);

    Frame* const f = push_frame(caller, creation, snapshot);
    f->code = creation.input.data();
    f->code_size = creation.input.size();
    if (!translate_alone(f)) return end_run(Status::resource_limit);
    f->input = nullptr;
    f->input_size = 0;
    f->ip = f->program->entry();
    return f;
}

Frame* Core::selfdestruct(Frame* f, uint256* sp, Gas gas) {
    if (f->is_static) return fail(f, Status::static_state_change, gas);  // EIP-214
    if (stopped()) return fail(f, Status::aborted, gas);
    AccountEntry* const beneficiary = called_account(f, address_of(sp[0]), gas, gas::cold_account);
    if (beneficiary == nullptr) return fail(f, f->status, gas);
    AccountEntry& self = *f->account;
    const uint256 balance = journal.balance(self);
    // What a failing frame has added is taken back with the rest; a tracer sees it, as geth's does.
    if (!rules->eip3529 && !journal.destroyed_here(self)) journal.add_refund(gas::selfdestruct_refund);
    if (rules->eip150) {
        const bool is_new = rules->eip158 ? !balance.is_zero() && journal.is_empty(*beneficiary)
                                          : !journal.exists(*beneficiary);
        if (is_new) gas -= gas::new_account;
        if (gas < 0) return fail(f, Status::out_of_gas, gas);
    }
    const bool destroys = !rules->eip6780 || journal.created_here(self);
    if (beneficiary != &self)
        move_value(self, *beneficiary, balance);
    else if (destroys)
        journal.debit(self, balance);  // burnt
    if (destroys) journal.destroy(self);
    if (inspector != nullptr) inspector->selfdestruct(self.address, beneficiary->address, balance);
    return leave(f, Status::success, gas, {});
}

void Core::begin(const Message& message, Gas gas) {
    return_data = {};
    result = {};
    step_pending = false;
    // What one deep run needed is not kept from the other workers.
    constexpr size_t most_reserved = size_t{16} << 20;
    if (passing.reserved() > most_reserved)
        passing.clear();
    else
        passing.rewind({});
    AccountEntry& to_place = journal.entry_of(message.recipient);
    if (is_creation(message.kind) && rules->eip2929) journal.warm(to_place);
    AccountEntry* const to = journal.loaded(to_place);
    AccountEntry* const from = message.transfers_value ? journal.account(message.sender) : to;
    if (to == nullptr || from == nullptr) {
        end_run(Status::state_error);
        return;
    }
    if (message.transfers_value && !message.value.is_zero() && !journal.covers(*from, message.value)) {
        result = {Status::insufficient_balance, static_cast<uint64_t>(gas), {}};
        return;
    }
    PendingCall call{.kind = message.kind,
                     .is_static = message.is_static,
                     .gas = gas,
                     .from = from,
                     .to = to,
                     .sender = message.sender,
                     .code_address = message.recipient,
                     .value = message.value,
                     .transfers_value = message.transfers_value,
                     .runs_precompile = message.code == nullptr,
                     .code = message.code,
                     .input = message.input,
                     .output_offset = 0,
                     .output_size = 0};
    Frame* f = nullptr;
    if (is_creation(message.kind)) {
        f = begin_creation(nullptr, call);
    } else {
        if (call.code == nullptr && !find_code(call)) return;
        f = begin_call(nullptr, call);
    }
    if (f != nullptr) run(f);
}

bool Core::find_code(PendingCall& call) {
    call.code = journal.code(*call.to);
    if (call.code != nullptr && call.code->delegation() && rules->eip7702) {
        AccountEntry* const delegate = journal.account(*call.code->delegation());
        if (delegate == nullptr) return end_run(Status::state_error) != nullptr;
        journal.warm(*delegate);
        call.runs_precompile = false;
        call.code = journal.code(*delegate);
    }
    return call.code != nullptr || end_run(Status::state_error) != nullptr;
}

}  // namespace weft::evm
