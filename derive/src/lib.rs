//! The derive macro of huffwire's RTL blocks.

use proc_macro::TokenStream;
use proc_macro2::TokenStream as TokenStream2;
use quote::quote;
use syn::{parse_macro_input, Data, DeriveInput, Error, Fields};

/// Makes a struct a block of rust-hdl, as rust-hdl's own derive of this name does, and one that can be settled by activity
/// (`huffwire::hdl::Settle`).
///
/// As with rust-hdl, fields whose names begin with `_` are no part of the circuit. The kernel must be made by `#[hdl_gen]`:
/// a block with an `update` written by hand may have state that the derived code does not know of, and is refused when it
/// is to be run by activity.
#[proc_macro_derive(LogicBlock)]
pub fn logic_block(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    implementation(&input).unwrap_or_else(|e| e.to_compile_error()).into()
}

fn implementation(input: &DeriveInput) -> Result<TokenStream2, Error> {
    let name = &input.ident;
    let refuse = || Error::new_spanned(name, "a block is a struct with named fields");
    let Data::Struct(data) = &input.data else { return Err(refuse()) };
    let Fields::Named(fields) = &data.fields else { return Err(refuse()) };
    let part: Vec<_> =
        fields.named.iter().filter_map(|f| f.ident.as_ref()).filter(|i| !i.to_string().starts_with('_')).collect();
    let names = part.iter().map(|i| i.to_string());
    let (generics, types, bounds) = input.generics.split_for_impl();
    let block = quote!(::rust_hdl::prelude::Block);
    let settle = quote!(::huffwire::hdl::Settle);
    Ok(quote! {
        impl #generics #block for #name #types #bounds {
            fn connect_all(&mut self) {
                ::rust_hdl::prelude::Logic::connect(self);
                #(#block::connect_all(&mut self.#part);)*
            }
            fn update_all(&mut self) {
                ::rust_hdl::prelude::Logic::update(self);
                #(#block::update_all(&mut self.#part);)*
            }
            fn has_changed(&self) -> bool {
                false #(|| #block::has_changed(&self.#part))*
            }
            fn accept(&self, name: &str, probe: &mut dyn ::rust_hdl::prelude::Probe) {
                probe.visit_start_scope(name, self);
                #(#block::accept(&self.#part, #names, probe);)*
                probe.visit_end_scope(name, self);
            }
        }

        impl #generics #settle for #name #types #bounds {
            fn plan(&self, activity: &mut ::huffwire::hdl::Activity) {
                let block = activity.open();
                #(#settle::plan(&self.#part, activity);)*
                activity.close(block);
            }
            fn settle(&mut self, activity: &mut ::huffwire::hdl::Activity) -> bool {
                let block = activity.enter();
                let taken = false #(| #settle::take(&mut self.#part))*;
                if !activity.begin(block, taken) {
                    return false;
                }
                // After an edge the blocks inside come first, so that the kernel sees what they say now.
                let mut news = taken | activity.kernel(block);
                let mut rounds = 0;
                if activity.inside(block) {
                    news |= false #(| #settle::settle(&mut self.#part, activity))*;
                }
                while news && activity.round(block, &mut rounds) {
                    ::rust_hdl::prelude::Logic::update(self);
                    news = false #(| #settle::settle(&mut self.#part, activity))*;
                }
                activity.end(block);
                false #(| #settle::give(&mut self.#part))*
            }
            fn edge(&mut self, activity: &mut ::huffwire::hdl::Activity) -> ::huffwire::hdl::Woken {
                let block = activity.enter();
                if !activity.ran(block) {
                    return ::huffwire::hdl::Woken::NOTHING;
                }
                let woken = ::huffwire::hdl::Woken::NOTHING #(| #settle::edge(&mut self.#part, activity))*;
                activity.wake(block, woken)
            }
        }
    })
}
