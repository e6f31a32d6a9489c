#pragma once

#include <memory>
#include <type_traits>
#include <utility>

namespace weft::base {

template <class Signature>
class FunctionRef;

/// A borrowed callable: two words, no allocation. What it was made from must outlive it; meant for
/// parameters.
template <class Result, class... Args>
class FunctionRef<Result(Args...)> {
public:
    template <class F>
        requires(!std::is_same_v<std::remove_cvref_t<F>, FunctionRef> &&
                 std::is_invocable_r_v<Result, F&, Args...> && std::is_object_v<std::remove_reference_t<F>>)
    // NOLINTNEXTLINE(google-explicit-constructor): a lambda is passed as it is
    FunctionRef(F&& callable) noexcept
        : object_(const_cast<void*>(static_cast<const void*>(std::addressof(callable)))),
          call_([](void* object, Args... args) -> Result {
              return (*static_cast<std::remove_reference_t<F>*>(object))(std::forward<Args>(args)...);
          }) {}

    Result operator()(Args... args) const { return call_(object_, std::forward<Args>(args)...); }

private:
    void* object_;
    Result (*call_)(void*, Args...);
};

}  // namespace weft::base
